import type { Json } from '../json.ts';
import { StateError } from '../state-error.ts';

/** Developer Guide, "Service quotas": the largest input or result of a task, state or execution, in UTF-8. */
export const MAX_PAYLOAD_BYTES = 262_144;

/** Throws `States.DataLimitExceeded` for more than may pass between states. */
export function expectPayload(value: Json, name: string): void {
  if (isPayload(JSON.stringify(value))) return;
  throw new StateError(
    'States.DataLimitExceeded',
    `The state/task '${name}' returned a result with a size exceeding the maximum number of bytes service limit.`,
  );
}

export function isPayload(text: string): boolean {
  return text.length <= MAX_PAYLOAD_BYTES && Buffer.byteLength(text) <= MAX_PAYLOAD_BYTES;
}
