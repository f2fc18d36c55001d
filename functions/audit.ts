import { listDumps } from '@datasens/core/audit/list-dumps.ts';
import { DUMP_STATUSES, DUMP_TYPES } from '@datasens/core/audit/new-dump.ts';
import * as z from 'zod';
import { task } from './task/task.ts';

/** A page of the audit, newest first; `cursor` gives the next one, null after the last. */
export const handler = task(
  {
    type: z.enum(DUMP_TYPES).optional(),
    status: z.enum(DUMP_STATUSES).optional(),
    table: z.string().optional(),
    since: z.iso.datetime().optional(),
    limit: z.int().min(1).max(1_000).default(50),
    cursor: z.string().optional(),
  },
  async ({ db }, { limit, cursor, since, ...filter }) => {
    const page = await listDumps(
      db,
      { ...filter, since: since === undefined ? undefined : new Date(since) },
      { limit, cursor },
    );
    return { dumps: page.dumps, cursor: page.cursor ?? null };
  },
);
