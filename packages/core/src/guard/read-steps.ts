import { readFile } from 'node:fs/promises';
import { AppError } from '../errors.ts';
import { parseSteps, type StepRules } from './step-rules.ts';

/** Where the guarded steps are configured; without a file that is not `required`, there are none. */
export interface StepsFile {
  readonly path: string;
  /** Whether somebody has named it: then its absence is a mistake, not a choice. */
  readonly required: boolean;
}

/** The steps that may be called. Throws `ConfigError` for a file that is missing, cannot be read, or says nothing that holds. */
export async function readSteps({ path, required }: StepsFile): Promise<StepRules> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !required) return new Map();
    throw new AppError('ConfigError', `the guarded steps cannot be read from ${path} (${code})`, {
      cause: error,
      path,
    });
  }
  return parseSteps(text, path);
}
