import { readSettingsText, type SettingsFile } from '../settings-file.ts';
import { parseSteps, STEPS, type StepRules } from './step-rules.ts';

/** The steps that may be called: those of `steps.json`; none without one that is not `required`. Throws `ConfigError`. */
export async function readSteps(file: SettingsFile): Promise<StepRules> {
  const text = await readSettingsText(file, STEPS);
  return text === undefined ? new Map() : parseSteps(text, file.path);
}
