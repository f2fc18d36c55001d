import { listOverdue } from '@datasens/core/audit/overdue-dumps.ts';
import { AppError } from '@datasens/core/errors.ts';
import { MOST_DUMPS, type Notification } from '@datasens/core/notify/notification.ts';
import { openDeps } from '@datasens/core/open-deps.ts';
import * as z from 'zod';
import { Caught, errorOf, noteOf } from './task/caught.ts';
import { type Call, step } from './task/step.ts';
import { tellPeople } from './task/tell-people.ts';

/**
 * Tells people that an execution has failed, that a dump stands whose lineage could not be rotated, or what has outlived
 * its legal term. A failure is told without the database, which may be what has failed. Throws `Transient` where nobody
 * could be told.
 */
export const handler = step(
  {
    kind: z.enum(['failure', 'retention', 'overdue']),
    workflow: z.string().default('unknown'),
    dumpId: z.int().positive().nullable().default(null),
    /** What it was about. */
    subject: z.strictObject({ source: z.string(), table: z.string(), key: z.string() }).partial().default({}),
    caught: Caught.default({ Error: 'unknown', Cause: '' }),
  },
  async (call, { kind, workflow, dumpId, subject, caught }) => {
    const { execution = 'unknown' } = call;
    const at = new Date().toISOString();
    // The note by itself: it is told whatever the error quotes.
    const { name, message } = errorOf({ Error: caught.Error, Cause: caught.Cause });
    const error = { name, message };
    const note = noteOf(caught);
    if (kind === 'overdue') return await tellOverdue(call, at);
    const about = dumpId === null ? {} : { dumpId };
    return kind === 'failure'
      ? await tell(call, {
          kind,
          at,
          workflow,
          execution,
          error,
          ...about,
          ...subject,
          ...(note === undefined ? {} : { note }),
        })
      : await tell(call, { kind, at, execution, error, dumpId: dumpId ?? 0, key: subject.key ?? '' });
  },
);

async function tellOverdue(call: Call, at: string) {
  await using opened = await openDeps(call.config, call);
  const { total, first } = await listOverdue(opened.deps.db, new Date(at), MOST_DUMPS, call.signal);
  if (total > 0) await tell(call, { kind: 'overdue', at, total, dumps: [...first] });
  return { overdue: total };
}

async function tell(call: Call, notification: Notification) {
  const { sent, failed } = await tellPeople(call, notification);
  if (sent.length > 0 || failed.length === 0) return { sent, failed };
  throw new AppError('Transient', failed.map(({ channel, because }) => `${channel}: ${because}`).join('; '));
}
