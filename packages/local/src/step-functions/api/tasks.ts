import * as z from 'zod';
import { ApiError } from '../api-error.ts';
import { isPayload } from '../engine/payload.ts';
import type { Json } from '../json.ts';
import { isJson } from './executions.ts';
import { operation } from './operation.ts';

const byToken = { taskToken: z.string().min(1).max(2_048) };

/** API reference, SendTaskSuccess. */
export const sendTaskSuccess = operation(
  z.strictObject({ ...byToken, output: z.string() }),
  ({ engine }, { taskToken, output }) => {
    if (!isJson(output)) throw new ApiError('InvalidOutput', 'Invalid Output: not JSON');
    if (!isPayload(output)) throw new ApiError('InvalidOutput', 'Invalid Output: more than 262144 bytes');
    engine.answer(taskToken, { output: JSON.parse(output) as Json });
    return {};
  },
);

/** API reference, SendTaskFailure. */
export const sendTaskFailure = operation(
  z.strictObject({ ...byToken, error: z.string().max(256).default(''), cause: z.string().max(32_768).default('') }),
  ({ engine }, { taskToken, error, cause }) => {
    engine.answer(taskToken, { error, cause });
    return {};
  },
);

/** API reference, SendTaskHeartbeat. */
export const sendTaskHeartbeat = operation(z.strictObject(byToken), ({ engine }, { taskToken }) => {
  engine.heartbeat(taskToken);
  return {};
});
