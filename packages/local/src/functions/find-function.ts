import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from '../embedded/error-code.ts';

/** Lambda's names are of 64 characters at most; those of files are of lower-case words. */
const NAME = /^(?=.{1,64}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
/** As source, as built, and as somebody has written it outside of a package. */
const EXTENSIONS = ['.ts', '.js', '.mjs'];

/** The file of a function; undefined where there is none, or the name is not that of one. */
export async function findFunction(folders: readonly string[], name: string): Promise<string | undefined> {
  if (!NAME.test(name)) return undefined;
  for (const path of folders.flatMap((folder) => EXTENSIONS.map((extension) => join(folder, name + extension)))) {
    if (await isFile(path)) return path;
  }
  return undefined;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
