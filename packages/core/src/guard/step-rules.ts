import * as z from 'zod';
import { parseTableName } from '../postgres/select-tables.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import { parseSettings } from '../settings-file.ts';

/** What the file has. */
export const STEPS = 'the guarded steps';

const NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/;
/** API reference of Lambda, "Invoke": a name, or an ARN, with or without a version or an alias. */
const FUNCTION =
  /^(arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:)?[A-Za-z0-9_-]{1,64}(:(\$LATEST|[A-Za-z0-9_-]{1,128}))?$/;
/** API reference of Step Functions, "StartExecution". */
const MACHINE = /^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:stateMachine:[^\s<>{}[\]?*"#%\\^|~`$&,;/]{1,80}$/;
/** Lambda gives no more. */
const MOST_FUNCTION_SECONDS = 900;
const MOST_MACHINE_SECONDS = 86_400;

const Table = z.string().transform((text, context): RelationName => {
  try {
    const { schema, name } = parseTableName(text);
    if (schema !== undefined) return { schema, name };
  } catch {
    // Said below.
  }
  context.addIssue({ code: 'custom', message: `expected schema.table, got ${JSON.stringify(text)}` });
  return z.NEVER;
});

const Rule = z
  .strictObject({
    function: z.string().regex(FUNCTION, 'expected the name or the ARN of a function').optional(),
    machine: z.string().regex(MACHINE, 'expected the ARN of a state machine').optional(),
    /** The database that the tables are in. */
    source: z.string().min(1).default('default'),
    tables: z.array(Table).min(1, 'expected the tables that the step writes to'),
    exclusive: z.boolean().default(false),
    timeoutSeconds: z.int().positive().max(MOST_MACHINE_SECONDS).default(MOST_FUNCTION_SECONDS),
    /** How long anybody may decide on an undoing that is not automatic. */
    approvalHours: z.number().positive().max(72).default(72),
  })
  .superRefine(({ function: called, machine, timeoutSeconds }, context) => {
    const issue = (message: string, ...path: string[]) => context.addIssue({ code: 'custom', message, path });
    if ((called === undefined) === (machine === undefined)) issue('expected either a "function" or a "machine"');
    if (called !== undefined && timeoutSeconds > MOST_FUNCTION_SECONDS) {
      issue(`expected at most ${MOST_FUNCTION_SECONDS} for a function`, 'timeoutSeconds');
    }
  });
const StepsFile = z.strictObject({
  steps: z.record(z.string().regex(NAME, 'expected a name of lower-case letters, digits, - and _'), Rule),
});

/** A step as the configuration has it: what is called, and what it writes to. */
export interface StepRule {
  readonly calls: { readonly kind: 'function' | 'machine'; readonly name: string };
  readonly source: string;
  readonly tables: readonly RelationName[];
  /** Whether nothing but governed writers and the step itself writes to the tables. */
  readonly exclusive: boolean;
  readonly timeoutSeconds: number;
  readonly approvalHours: number;
}

export type StepRules = ReadonlyMap<string, StepRule>;

/**
 * `steps.json`: `{"steps": {NAME: {"function": …} or {"machine": …}, "tables": ["schema.table", …], …}}`. Throws
 * `ConfigError`, which names `path` and the places in it.
 */
export function parseSteps(text: string, path: string): StepRules {
  const { steps } = parseSettings(text, StepsFile, { path, what: STEPS });
  return new Map(Object.entries(steps).map(([name, rule]) => [name, ruleOf(rule)]));
}

function ruleOf({ function: called, machine = '', ...rule }: z.output<typeof Rule>): StepRule {
  return {
    ...rule,
    calls: called === undefined ? { kind: 'machine', name: machine } : { kind: 'function', name: called },
  };
}
