import * as z from 'zod';
import { canonicalJson } from './canonical-json.ts';

/** So many lines on the schema are kept, each so long; the rest is a number. An event takes 64 KiB. */
export const MOST_LINES = 40;
const LONGEST_LINE = 200;

/**
 * What somebody wants to do, for the one who decides on it: names, types and counts, and no value of any row, for the
 * journal keeps it for ever, in the clear.
 */
export const ApprovalChanges = z.strictObject({
  /** `append`, `replace`, `restore in place`, … */
  doing: z.string().max(100).default(''),
  /** What becomes of the schema, a line each: `column "price" integer becomes numeric(10,2)`. */
  schema: z.array(z.string()).default([]),
  /** How many lines of it there are, those that are left out too. */
  schemaCount: z.int().nonnegative().optional(),
  /** In the target's tables, now and afterwards; null where nobody counted them. */
  rowsBefore: z.int().nonnegative().nullable().default(null),
  rowsAfter: z.int().nonnegative().nullable().default(null),
});
export type ApprovalChanges = z.output<typeof ApprovalChanges>;

/** As T41 keeps them: bounded, and what was left out counted. */
export function changesText({ schema, ...changes }: ApprovalChanges): string {
  const lines = schema.slice(0, MOST_LINES).map(shortened);
  return canonicalJson({ ...changes, schema: lines, schemaCount: Math.max(schema.length, changes.schemaCount ?? 0) });
}

/** Null for a text that is not ours. */
export function readChanges(text: string): ApprovalChanges | null {
  try {
    return ApprovalChanges.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** By characters, so that none is halved. */
function shortened(line: string): string {
  const characters = [...line];
  return characters.length <= LONGEST_LINE ? line : `${characters.slice(0, LONGEST_LINE - 1).join('')}…`;
}
