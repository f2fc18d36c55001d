import { listDumps } from '@datasens/core/audit/list-dumps.ts';
import { listEvents } from '@datasens/core/audit/list-events.ts';
import { DUMP_STATUSES, DUMP_TYPES } from '@datasens/core/audit/new-dump.ts';
import { jsonAnswer } from '@datasens/core/http/answer.ts';
import { openDeps } from '@datasens/core/open-deps.ts';
import * as z from 'zod';
import { Count, Limit } from './query.ts';
import { route } from './route.ts';

const Page = { limit: Limit, cursor: z.string().optional() };

/** T38, newest first. */
const dumps = route({
  method: 'GET',
  path: '/audit/dumps',
  caller: 'known',
  query: z.strictObject({
    type: z.enum(DUMP_TYPES).optional(),
    status: z.enum(DUMP_STATUSES).optional(),
    table: z.string().optional(),
    since: z.iso
      .datetime()
      .transform((text) => new Date(text))
      .optional(),
    ...Page,
  }),
  async answer(call, { query: { limit, cursor, ...filter } }) {
    await using opened = await openDeps(call.config, call);
    const found = await listDumps(opened.deps.db, filter, { limit, cursor });
    return jsonAnswer(200, { dumps: found.dumps, cursor: found.cursor ?? null });
  },
});

/** T39, newest first: of one dump, or of all. */
const events = route({
  method: 'GET',
  path: '/audit/events',
  caller: 'known',
  query: z.strictObject({ dump: Count.optional(), ...Page }),
  async answer(call, { query: { dump, limit, cursor } }) {
    await using opened = await openDeps(call.config, call);
    const found = await listEvents(opened.deps.db, { dumpId: dump }, { limit, cursor });
    return jsonAnswer(200, { events: found.events, cursor: found.cursor ?? null });
  },
});

export const AUDIT_ROUTES = [dumps, events];
