import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { machineArn } from '../step-functions/arns.ts';
import type { Clock } from '../step-functions/clock.ts';
import { parseDefinition } from '../step-functions/definition/parse-definition.ts';
import type { Journal } from '../step-functions/journal/journal.ts';
import { findMachine, insertMachine, updateMachine } from '../step-functions/journal/state-machines.ts';
import { fillDefinition, localValue } from './fill-definition.ts';

const EXTENSION = '.asl.json';
const ROLE = 'arn:aws:iam::000000000000:role/datasens';

/** The names of the workflows of a folder. */
export async function listWorkflows(folder: string): Promise<string[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(EXTENSION));
  return files.map((file) => file.slice(0, -EXTENSION.length)).sort();
}

/**
 * Makes the workflows of a folder state machines of their names, or brings those up to what the folder has. Executions that
 * run go on with the definition that they began with.
 */
export async function registerWorkflows(
  { journal, clock }: { readonly journal: Journal; readonly clock: Clock },
  folder: string,
): Promise<void> {
  for (const name of await listWorkflows(folder)) {
    const definition = fillDefinition(await readFile(join(folder, name + EXTENSION), 'utf8'), localValue);
    parseDefinition(definition);
    const arn = machineArn(name);
    journal.transaction(() => {
      const found = findMachine(journal, arn);
      if (!found) insertMachine(journal, { arn, name, definition, roleArn: ROLE, createdAt: clock.now() });
      else if (found.definition !== definition) updateMachine(journal, arn, definition, ROLE);
    });
  }
}
