import * as z from 'zod';

/** So many dumps stand in one notification; the rest is a number. */
export const MOST_DUMPS = 100;

/** ISO 8601 UTC. */
const Time = z.iso.datetime();
const Text = z.string();
const DumpId = z.int().positive();
/** What made it fail. Whatever the message quotes, `tellError` decides what of it is told. */
const Failed = z.strictObject({ name: Text, message: Text });
/** For people to follow; so long at most that it stays whole in every message, whatever must be escaped in it. */
const Link = z
  .url({ protocol: /^https?$/ })
  .regex(/^[\x21-\x7e]*$/)
  .max(500);
/** People copy it into a shell. */
const ApprovalId = z.string().regex(/^[A-Za-z0-9_-]{1,128}$/);

const Failure = z.strictObject({
  kind: z.literal('failure'),
  at: Time,
  workflow: Text,
  /** The name of the execution, by which its history is found. */
  execution: Text,
  error: Failed,
  /** What has become of what failed, in words of ours. */
  note: Text.optional(),
  dumpId: DumpId.optional(),
  source: Text.optional(),
  table: Text.optional(),
  key: Text.optional(),
});

/** The dump is stored and registered; what the rules say of older ones could not be done after it. */
const Retention = z.strictObject({
  kind: z.literal('retention'),
  at: Time,
  dumpId: DumpId,
  key: Text,
  execution: Text.optional(),
  error: Failed,
});

const Approval = z.strictObject({
  kind: z.literal('approval'),
  at: Time,
  id: ApprovalId,
  what: z.enum(['import', 'restore', 'step']),
  /** Where to: a table, or a database. */
  target: Text,
  requestedBy: Text,
  /** Of the file or the dump that the approval is bound to, in hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** When nobody's answer counts any more. */
  expiresAt: Time,
  /** Of each approver their own. */
  links: z.array(z.strictObject({ approver: Text, url: Link })).default([]),
});

/** What has outlived its legal term, the longest overdue first. */
const Overdue = z
  .strictObject({
    kind: z.literal('overdue'),
    at: Time,
    /** Of all of them. */
    total: z.int().positive(),
    dumps: z
      .array(
        z.strictObject({
          /** Null for an imported file, which has none. */
          dumpId: DumpId.nullable(),
          key: Text,
          /** Null where it cannot be read any more. */
          term: Time.nullable(),
          /** Why it still stands. */
          because: Text,
        }),
      )
      .min(1)
      .max(MOST_DUMPS),
  })
  .refine(({ total, dumps }) => total >= dumps.length, 'total counts all of them, those that are listed too');

/** Somebody tries whether messages arrive. */
const Test = z.strictObject({ kind: z.literal('test'), at: Time, from: Text });

/** What people are told of. It holds no row and no secret but what an error quotes; see `tellError`. */
export const Notification = z.discriminatedUnion('kind', [Failure, Retention, Approval, Overdue, Test]);
export type Notification = z.input<typeof Notification>;
export type NotificationOf<Kind extends Notification['kind']> = Extract<Notification, { kind: Kind }>;
