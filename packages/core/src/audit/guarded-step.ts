import * as z from 'zod';
import type { Queryable } from '../postgres/database.ts';

const Table = z.strictObject({ schema: z.string(), name: z.string() });

/** A guarded step as COMMENCE tells it (docs/guarded-steps.md). */
export const StepDetail = z.strictObject({
  /** The attempt of a workflow that it is a part of, and when that was started: names return, once 90 days are over. */
  execution: z.string(),
  startedAt: z.iso.datetime(),
  step: z.string(),
  /** What is called: a function by its name or ARN, a state machine by its ARN. */
  calls: z.strictObject({ kind: z.enum(['function', 'machine']), name: z.string() }),
  source: z.string(),
  /** `host:port/database`. */
  target: z.string(),
  /** The tables that it has to itself, as it declares them. */
  tables: z.array(Table).min(1),
  /** What rows of theirs lay in or belonged to when it began, beside themselves. */
  family: z.array(Table),
  /** Whether nothing but governed writers and the step itself writes to them. */
  exclusive: z.boolean(),
  timeoutSeconds: z.int(),
  approvalHours: z.number(),
  /** The latest import that the target's ledger had; 0 for none, null where that could not be read. */
  lastImport: z.int().nullable(),
  /** When its hold on the tables ends by itself: with three fractional digits, so that texts compare as times do. */
  until: z.string(),
});
export type StepDetail = z.infer<typeof StepDetail>;

/** That the tables are to be restored, as ECHOUE tells it; its event has the dump. */
export const OwedDetail = z.strictObject({
  lease: z.int(),
  /** The attempt that has found so, which asks for the approval. */
  by: z.string(),
  target: z.string(),
  error: z.string(),
  /** Whether they may be restored unasked, and if not, why. */
  automatic: z.boolean(),
  because: z.array(z.string()),
  until: z.string(),
});
export type OwedDetail = z.infer<typeof OwedDetail>;

/**
 * - `done`        the step has succeeded
 * - `rolled back` it failed, and its tables were restored
 * - `not run`     it was never called
 * - `released`    a person has ended its hold on the tables
 */
export const OUTCOMES = ['done', 'rolled back', 'not run', 'released'] as const;

/** How it ended, as TERMINE tells it. */
export const EndDetail = z.strictObject({
  lease: z.int(),
  execution: z.string(),
  step: z.string(),
  outcome: z.enum(OUTCOMES),
  comment: z.string().optional(),
});
export type EndDetail = z.infer<typeof EndDetail>;

/** A guarded step, and what the journal has of it so far. */
export interface GuardedStep extends StepDetail {
  /** The number of its COMMENCE, which no other step has. */
  readonly lease: number;
  readonly user: string | null;
  /** ISO 8601 UTC. */
  readonly begunAt: string;
  /** Null while nothing is to be undone. */
  readonly owed: (OwedDetail & { readonly dumpId: number }) | null;
  /** Null until it has ended. */
  readonly ended: (EndDetail & { readonly user: string | null }) | null;
}

/** Conditions on T39, as the indexes of migration 6 have them. */
const UNTIL = `(substring(detail from '"until":"([^"]*)"')) collate "C"`;
const LEASE = `(substring(detail from '"lease":([0-9]{1,15})')::bigint)`;

interface Row {
  readonly lease: number;
  readonly user: string | null;
  readonly begunAt: string;
  readonly detail: string;
  readonly owed: string | null;
  readonly dumpId: number | null;
  readonly ended: string | null;
  readonly endedBy: string | null;
}

/** The steps of which `clause` on `c`, their COMMENCE, and `t`, their TERMINE, is true; the first begun first. */
async function selectSteps(db: Queryable, clause: string, params: readonly unknown[]): Promise<GuardedStep[]> {
  const { rows } = await db.query<Row>(
    `select c.seq as lease, c.utilisateur as "user", c.date_evenement as "begunAt", c.detail, o.detail as owed,
            o.dump_id as "dumpId", t.detail as ended, t.utilisateur as "endedBy"
       from t39_dump_evenement c
       left join lateral (select detail, dump_id from t39_dump_evenement
                           where evenement = 'ECHOUE' and ${LEASE} = c.seq order by seq desc limit 1) o on true
       left join lateral (select detail, utilisateur from t39_dump_evenement
                           where evenement = 'TERMINE' and ${LEASE} = c.seq order by seq limit 1) t on true
      where c.evenement = 'COMMENCE' and ${clause} order by c.seq`,
    params,
  );
  return rows.map(({ detail, owed, dumpId, ended, endedBy, ...row }) => {
    const begun = StepDetail.parse(JSON.parse(detail));
    const debt = owed === null ? null : { ...OwedDetail.parse(JSON.parse(owed)), dumpId: dumpId ?? 0 };
    const end = ended === null ? null : { ...EndDetail.parse(JSON.parse(ended)), user: endedBy };
    // Whoever finds that something is to be undone holds on to the tables for as long again.
    return { ...begun, ...row, until: debt?.until ?? begun.until, owed: debt, ended: end };
  });
}

/** The steps whose hold on their tables has not ended by itself at `now`, those that have ended otherwise, too. */
export async function listRecentSteps(db: Queryable, now: Date): Promise<GuardedStep[]> {
  return await selectSteps(
    db,
    `c.seq in (select case evenement when 'COMMENCE' then seq else ${LEASE} end from t39_dump_evenement
                where evenement in ('COMMENCE', 'ECHOUE') and ${UNTIL} > $1)`,
    [now.toISOString()],
  );
}

/** The steps that have not ended, those whose hold is over, too. */
export async function listOpenSteps(db: Queryable): Promise<GuardedStep[]> {
  return await selectSteps(db, 't.detail is null', []);
}

/** The steps that began after this one. */
export async function listLaterSteps(db: Queryable, lease: number): Promise<GuardedStep[]> {
  return await selectSteps(db, 'c.seq > $1', [lease]);
}

/** The step that this event has begun, if it has. */
export async function findStep(db: Queryable, lease: number): Promise<GuardedStep | undefined> {
  const [step] = await selectSteps(db, 'c.seq = $1', [lease]);
  return step;
}

/** Whether it has its tables to itself: it has not ended, nor has its time. */
export function isUnderWay({ ended, until }: GuardedStep, now: Date): boolean {
  return ended === null && new Date(until) > now;
}
