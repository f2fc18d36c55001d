import { randomUUID } from 'node:crypto';
import { jsonAnswer } from '@datasens/core/http/answer.ts';
import * as z from 'zod';
import { EXECUTION_STATUSES, openExecutions } from '../control/executions.ts';
import { Limit } from './query.ts';
import { route } from './route.ts';

/** Less than Step Functions allows, so that it stands in a path as it is. */
const Name = z.string().regex(/^[A-Za-z0-9._-]{1,80}$/, 'expected up to 80 letters, digits, ".", "_" and "-"');

/**
 * Starts a workflow. Who acts is who calls. With a name of the caller's own the request may be sent again: the same name and
 * input while it runs start nothing anew.
 */
const start = route({
  method: 'POST',
  path: '/control/executions',
  caller: 'known',
  query: z.strictObject({}),
  body: z.strictObject({
    workflow: z.string(),
    name: Name.optional(),
    input: z
      .record(z.string(), z.unknown())
      .refine((input) => !('user' in input), 'user: that is who calls')
      .default({}),
  }),
  async answer({ signal, log }, { body: { workflow, name = randomUUID(), input }, caller }) {
    using executions = openExecutions(process.env, signal);
    const started = await executions.start(workflow, name, { ...input, user: caller });
    log('started', { workflow, execution: name, user: caller });
    return jsonAnswer(202, started);
  },
});

const list = route({
  method: 'GET',
  path: '/control/executions',
  caller: 'known',
  query: z.strictObject({
    workflow: z.string(),
    status: z.enum(EXECUTION_STATUSES).optional(),
    limit: Limit,
    cursor: z.string().optional(),
  }),
  async answer({ signal }, { query: { workflow, ...page } }) {
    using executions = openExecutions(process.env, signal);
    return jsonAnswer(200, await executions.list(workflow, page));
  },
});

const describe = route({
  method: 'GET',
  path: '/control/executions/{workflow}/{name}',
  caller: 'known',
  query: z.strictObject({}),
  async answer({ signal }, { path: { workflow = '', name = '' } }) {
    using executions = openExecutions(process.env, signal);
    return jsonAnswer(200, await executions.describe(workflow, name));
  },
});

export const CONTROL_ROUTES = [start, list, describe];
