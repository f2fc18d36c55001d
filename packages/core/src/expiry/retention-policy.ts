import * as z from 'zod';
import { DUMP_TYPES } from '../audit/new-dump.ts';
import { PURPOSES } from '../catalog/manifest.ts';
import { AppError } from '../errors.ts';

const DAY_MS = 86_400_000;

/** As `--expires` has it. */
const Duration = z
  .string()
  .regex(/^[1-9]\d{0,4}d$/, 'expected a number of days, such as 90d')
  .describe('A number of days: 90d');
const Count = z.int().min(1).max(100_000);
const Text = z.string().min(1).max(200);

/** What may keep a dump from rotation: a rule says at least one of them. */
const KEEPS = ['keepLast', 'daily', 'weekly', 'monthly', 'yearly', 'keepWithin'] as const;

/** Their objects must be restored by the store before anybody can read them, which takes hours. */
const SLOW_CLASSES = ['GLACIER', 'DEEP_ARCHIVE'];

const Rule = z
  .strictObject({
    name: Text.describe('Stands in the certificate of what it removes'),
    match: z
      .strictObject({
        type: z.enum(DUMP_TYPES).exclude(['IMPORT']).optional(),
        source: Text.optional(),
        purpose: z.enum(PURPOSES).optional(),
        lineage: Text.optional().describe('As the key of a dump has it: scheduled, manual-tables-0f31c2a9d4e7'),
      })
      .default({})
      .describe('Whatever is left out matches everything'),
    keepLast: Count.optional().describe('The newest so many of a lineage'),
    daily: Count.optional().describe('The newest of each of the last so many days that have one, in UTC'),
    weekly: Count.optional().describe('The same of ISO weeks'),
    monthly: Count.optional(),
    yearly: Count.optional(),
    keepWithin: Duration.optional().describe('All that are younger'),
    archiveAfter: Duration.optional().describe('The age at which a dump moves to archiveClass'),
    expireAfter: Duration.optional().describe('A legal term: the age at which every dump goes, whatever keeps it'),
  })
  .superRefine((rule, context) => {
    const problem = (message: string) => context.addIssue({ code: 'custom', message });
    if (KEEPS.every((keep) => rule[keep] === undefined)) {
      problem(`keeps nothing: say ${KEEPS.slice(0, -1).join(', ')} or ${KEEPS.at(-1)}`);
    }
    const [term, within, archive] = [rule.expireAfter, rule.keepWithin, rule.archiveAfter].map(daysOf);
    if (term !== undefined && within !== undefined && within > term) {
      problem(`keepWithin ${rule.keepWithin} promises what expireAfter ${rule.expireAfter} takes`);
    }
    if (term !== undefined && archive !== undefined && archive >= term) {
      problem(`archiveAfter ${rule.archiveAfter} comes after expireAfter ${rule.expireAfter}`);
    }
  });

const Loose = z.strictObject({ expireAfter: Duration });

/** `retention.json`. The first rule that matches a dump is the one that counts; where none does, the last 7 are kept. */
export const RetentionFile = z
  .strictObject({
    $schema: z.string().optional(),
    rules: z.array(Rule).min(1, 'there is no rule: without a file the last 7 of each lineage are kept'),
    archiveClass: Text.default('GLACIER_IR')
      .refine((name) => !SLOW_CLASSES.includes(name), 'cannot be read at once: name a class with instant retrieval')
      .describe('The storage class of what is archived'),
    rejected: Loose.optional().describe('Rejects of imports, below rejected/: 90d where nothing is said'),
    imported: Loose.optional().describe('Files that were imported, below imported/: for ever where nothing is said'),
  })
  .superRefine(({ rules }, context) => {
    const twice = rules.find(
      ({ name }, at) => rules.findIndex((rule) => rule.name === name) < at || name === 'default',
    );
    if (twice) context.addIssue({ code: 'custom', message: `two rules are named ${twice.name}`, path: ['rules'] });
  });

/** A rule with its durations in milliseconds. */
export interface RetentionRule extends Omit<z.infer<typeof Rule>, 'keepWithin' | 'archiveAfter' | 'expireAfter'> {
  readonly keepWithinMs?: number | undefined;
  readonly archiveAfterMs?: number | undefined;
  readonly expireAfterMs?: number | undefined;
}

export interface RetentionPolicy {
  /** In the order in which they are tried; the last one matches everything. */
  readonly rules: readonly RetentionRule[];
  readonly archiveClass: string;
  /** The age at which rejects go. Any row may be somebody's, so all of them count as personal data. */
  readonly rejectedMs: number;
  /** The same for imported files; absent for never. */
  readonly importedMs?: number | undefined;
}

/** The seed's rule (phase 3), and the term of its GDPR audit for what may be personal. */
const DEFAULT_RULE: RetentionRule = { name: 'default', match: {}, keepLast: 7 };
const REJECTED_MS = 90 * DAY_MS;

/** What holds where there is no file. */
export const DEFAULT_POLICY: RetentionPolicy = {
  rules: [DEFAULT_RULE],
  archiveClass: 'GLACIER_IR',
  rejectedMs: REJECTED_MS,
};

/** Throws `ConfigError`, which names `path` and has every problem in one message. */
export function parsePolicy(text: string, path: string): RetentionPolicy {
  const parsed = RetentionFile.safeParse(parseJson(text, path));
  if (!parsed.success) throw new AppError('ConfigError', `${path}:\n${z.prettifyError(parsed.error)}`, { path });
  const { rules, archiveClass, rejected, imported } = parsed.data;
  return {
    rules: [
      ...rules.map(({ keepWithin, archiveAfter, expireAfter, ...rule }) => ({
        ...rule,
        keepWithinMs: msOf(keepWithin),
        archiveAfterMs: msOf(archiveAfter),
        expireAfterMs: msOf(expireAfter),
      })),
      DEFAULT_RULE,
    ],
    archiveClass,
    rejectedMs: msOf(rejected?.expireAfter) ?? REJECTED_MS,
    importedMs: msOf(imported?.expireAfter),
  };
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AppError('ConfigError', `${path} is not JSON: ${(error as Error).message}`, { cause: error, path });
  }
}

function daysOf(duration: string | undefined): number | undefined {
  return duration === undefined ? undefined : Number.parseInt(duration, 10);
}

function msOf(duration: string | undefined): number | undefined {
  const days = daysOf(duration);
  return days === undefined ? undefined : days * DAY_MS;
}
