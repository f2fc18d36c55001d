import { readSettingsText, type SettingsFile } from '../settings-file.ts';
import { DEFAULT_POLICY, parsePolicy, type RetentionPolicy } from './retention-policy.ts';

/**
 * The rules in force: those of the file, or the defaults without one that is not `required`. Throws `ConfigError` for a file
 * that is missing, cannot be read, or says nothing that holds.
 */
export async function readPolicy(file: SettingsFile): Promise<RetentionPolicy> {
  const text = await readSettingsText(file, 'the retention rules');
  return text === undefined ? DEFAULT_POLICY : parsePolicy(text, file.path);
}
