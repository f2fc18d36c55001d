import { readFile } from 'node:fs/promises';
import { AppError } from '@datasens/core/errors.ts';
import { z } from 'zod';
import type { JsonObject } from '../step-functions/json.ts';
import { parseExpression } from './expression.ts';

/** Of a name and a time an execution's name is made, which takes 80 characters. */
const Name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,47}$/, 'expected up to 48 lower-case letters, digits and -');

const Schedule = z
  .strictObject({
    name: Name,
    workflow: Name,
    expression: z.string(),
    timezone: z.string().default('UTC'),
    /** Of the workflow; who acts is the schedule, unless it says otherwise. */
    input: z.record(z.string(), z.json()).default({}),
    enabled: z.boolean().default(true),
  })
  .superRefine(({ expression, timezone }, context) => {
    try {
      parseExpression(expression, timezone, 0);
    } catch (error) {
      context.addIssue({ code: 'custom', path: ['expression'], message: (error as Error).message });
    }
  });

/** What is started when; of the files of schedules one entry (docs/host.md). */
export type Schedule = Omit<z.output<typeof Schedule>, 'input'> & { readonly input: JsonObject };

const Schedules = z.strictObject({ schedules: z.array(Schedule) }).superRefine(({ schedules }, context) => {
  const names = schedules.map(({ name }) => name);
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) === index) continue;
    context.addIssue({ code: 'custom', path: ['schedules', index, 'name'], message: `${name} is there twice` });
  }
});

export interface ReadSchedules {
  /** The file that a person has written. */
  readonly path: string;
  /** Whether somebody has named it: then its absence is a mistake. */
  readonly required: boolean;
  /** What holds where there is none: the file that is shipped. */
  readonly otherwise: string;
  /** The names of the workflows that there are. */
  readonly workflows: readonly string[];
}

/** The schedules in force. Throws `ConfigError` with all that is wrong with the file. */
export async function readSchedules({ path, required, otherwise, workflows }: ReadSchedules): Promise<Schedule[]> {
  const file = (await textOf(path, required)) ?? { path: otherwise, text: await readFile(otherwise, 'utf8') };
  const fail = (problem: string) => new AppError('ConfigError', `the schedules of ${file.path}: ${problem}`);
  let json: unknown;
  try {
    json = JSON.parse(file.text);
  } catch (error) {
    throw fail(`no JSON (${(error as Error).message})`);
  }
  const { data, error } = Schedules.safeParse(json);
  if (!data) throw fail(z.prettifyError(error));
  const lost = data.schedules.find(({ workflow }) => !workflows.includes(workflow));
  if (lost) throw fail(`${lost.name} starts ${lost.workflow}, which is none of ${workflows.join(', ')}`);
  return data.schedules as Schedule[];
}

async function textOf(path: string, required: boolean): Promise<{ path: string; text: string } | undefined> {
  try {
    return { path, text: await readFile(path, 'utf8') };
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !required) return undefined;
    throw new AppError('ConfigError', `the schedules cannot be read from ${path} (${code})`, { cause: error, path });
  }
}
