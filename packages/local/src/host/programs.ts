import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where the parts of the product are that a host runs. */
export interface Programs {
  /** A file for each function. */
  readonly functions: string;
  /** The entry point of tasks. */
  readonly task: string;
  /** `<name>.asl.json` for each workflow, and `schedules.json`. */
  readonly workflows: string;
}

/** Beside this module, as built, or in the source tree. */
export function findPrograms(): Programs {
  const built = fileURLToPath(new URL('./', import.meta.url));
  const isBuilt = existsSync(`${built}workflows`);
  const root = isBuilt ? built : fileURLToPath(new URL('../../../../', import.meta.url));
  return {
    functions: `${root}functions/`,
    task: `${root}functions/container/task.${isBuilt ? 'js' : 'ts'}`,
    workflows: `${root}workflows/`,
  };
}
