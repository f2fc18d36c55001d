import { readFile } from 'node:fs/promises';
import { AppError } from '../errors.ts';
import { DEFAULT_POLICY, parsePolicy, type RetentionPolicy } from './retention-policy.ts';

/** Where the rules are; without a file that is not `required`, the defaults hold. */
export interface PolicyFile {
  readonly path: string;
  /** Whether somebody has named it: then its absence is a mistake, not a choice. */
  readonly required: boolean;
}

/** The rules in force. Throws `ConfigError` for a file that is missing, cannot be read, or says nothing that holds. */
export async function readPolicy({ path, required }: PolicyFile): Promise<RetentionPolicy> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !required) return DEFAULT_POLICY;
    throw new AppError('ConfigError', `the retention rules cannot be read from ${path} (${code})`, {
      cause: error,
      path,
    });
  }
  return parsePolicy(text, path);
}
