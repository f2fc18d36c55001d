import { readFile } from 'node:fs/promises';
import { AppError } from '@datasens/core/errors.ts';
import { parseSettings, readSettingsText, type SettingsFile } from '@datasens/core/settings-file.ts';
import * as z from 'zod';
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

export interface ReadSchedules extends SettingsFile {
  /** What holds where there is none: the file that is shipped. */
  readonly otherwise: string;
  /** The names of the workflows that there are. */
  readonly workflows: readonly string[];
}

const WHAT = 'the schedules';

/** The schedules in force. Throws `ConfigError` with all that is wrong with the file. */
export async function readSchedules({ otherwise, workflows, ...file }: ReadSchedules): Promise<Schedule[]> {
  const own = await readSettingsText(file, WHAT);
  const path = own === undefined ? otherwise : file.path;
  const { schedules } = parseSettings(own ?? (await readFile(otherwise, 'utf8')), Schedules, { path, what: WHAT });
  const lost = schedules.find(({ workflow }) => !workflows.includes(workflow));
  if (!lost) return schedules as Schedule[];
  const problem = `${lost.name} starts ${lost.workflow}, which is none of ${workflows.join(', ')}`;
  throw new AppError('ConfigError', `${WHAT} in ${path}: ${problem}`, { path });
}
