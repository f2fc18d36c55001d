import * as z from 'zod';
import { DUMP_FORMATS, PURPOSES } from '../catalog/manifest.ts';

const DAY_MS = 86_400_000;

/** The legal term of personal data where the request names none (seed, phase 3: 90 days). */
const PERSONAL_TERM_DAYS = 90;

/** What a caller asks for. */
export const DumpRequest = z.strictObject({
  source: z.string().default('default'),
  /** Table names as SQL reads them; none means the whole database. */
  tables: z.array(z.string()).default([]),
  format: z.enum(DUMP_FORMATS).default('custom'),
  purpose: z.enum(PURPOSES).default('manual'),
  proof: z.enum(['content', 'counts', 'none']).default('content'),
  comment: z.string().optional(),
  /** Whether it holds personal data, and so has a legal term. */
  personal: z.boolean().default(false),
  /** Whether it is encrypted; it also is where a rule says so (DATASENS_SENSITIVE). */
  sensitive: z.boolean().default(false),
  expiresInDays: z.int().positive().max(36_500).optional(),
  /** Its legal term to the moment; it comes before a number of days. */
  expiresAt: z.iso.datetime().optional(),
  /** Who acts: the token's name, the IAM principal, or the system user. */
  user: z.string().min(1).max(100),
});
export type DumpRequest = z.input<typeof DumpRequest>;

const RelationName = z.strictObject({ schema: z.string(), name: z.string() });

/** A dump decided on, with its place in the storage: the input of the steps, small enough to pass between states. */
export const DumpPlan = z.strictObject({
  dumpId: z.int().positive(),
  /** Where its objects go; ends in `/`. */
  prefix: z.string(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime().nullable(),
  source: z.string(),
  purpose: z.enum(PURPOSES),
  /** The tables asked for, without their partitions; null for the whole database. */
  selection: z.array(RelationName.extend({ display: z.string() })).nullable(),
  format: z.enum(DUMP_FORMATS),
  proof: z.enum(['content', 'counts', 'none']),
  comment: z.string().nullable(),
  personal: z.boolean(),
  sensitive: z.boolean(),
  user: z.string(),
  serverMajor: z.int(),
  /** The source's size on disk when it was planned. */
  sourceBytes: z.int(),
});
export type DumpPlan = z.infer<typeof DumpPlan>;

/** When a dump made at `createdAt` expires; null for never. Personal data always does. */
export function expiryOf(request: z.output<typeof DumpRequest>, createdAt: Date): Date | null {
  if (request.expiresAt !== undefined) return new Date(request.expiresAt);
  const days = request.expiresInDays ?? (request.personal ? PERSONAL_TERM_DAYS : undefined);
  return days === undefined ? null : new Date(createdAt.getTime() + days * DAY_MS);
}
