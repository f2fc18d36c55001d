import { createHash, randomBytes } from 'node:crypto';
import * as z from 'zod';
import { readSmallObject } from '../catalog/read-object.ts';
import { formatStamp } from '../catalog/stamp.ts';
import type { Deps } from '../deps.ts';
import { AppError } from '../errors.ts';

/** Where states leave what the next ones read; reconcile clears it. */
export const PAYLOADS = 'work/';

/** What a state of a workflow has left for the next: too large to pass between states, which take 256 KiB (design, section 6). */
export const Payload = z.strictObject({
  key: z.string().regex(/^work\/\d{8}T\d{6}Z-[0-9a-f]{24}\.json$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type Payload = z.infer<typeof Payload>;

/** Stores a value for a later state, under a key of its own: a state that is run twice leaves two. */
export async function putPayload(deps: Pick<Deps, 'store' | 'signal' | 'now'>, value: unknown): Promise<Payload> {
  const bytes = Buffer.from(JSON.stringify(value));
  const key = `${PAYLOADS}${formatStamp(deps.now())}-${randomBytes(12).toString('hex')}.json`;
  await deps.store.put(key, [bytes], { signal: deps.signal });
  return { key, sha256: sha256(bytes) };
}

/**
 * What was stored for this state. Throws `CorruptDump` where it is not what was left, or not what this version reads,
 * `NotFound` where reconcile has cleared it.
 */
export async function readPayload<Schema extends z.ZodType>(
  { store, signal }: Pick<Deps, 'store' | 'signal'>,
  payload: Payload,
  schema: Schema,
): Promise<z.output<Schema>> {
  const { key } = payload;
  const bytes = await readSmallObject(store, key, { signal });
  if (sha256(bytes) !== payload.sha256) {
    throw new AppError('CorruptDump', `${key} is not what an earlier state of the workflow left there`, { key });
  }
  const parsed = schema.safeParse(JSON.parse(bytes.toString()));
  if (parsed.success) return parsed.data;
  throw new AppError('CorruptDump', `${key} is not what this state reads: ${z.prettifyError(parsed.error)}`, { key });
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
