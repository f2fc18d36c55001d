import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { AppError } from '../errors.ts';
import type { Proof } from '../postgres/proof.ts';
import type { OpenedDump } from './open-dump.ts';
import { type PlainDeps, readPlain } from './read-plain.ts';

const ProofFile = z.strictObject({
  format: z.literal(1),
  level: z.enum(['content', 'counts', 'none']),
  tables: z.array(
    z.strictObject({
      name: z.string(),
      rows: z.int().optional(),
      hash: z.string().optional(),
      columns: z.array(z.string()).optional(),
    }),
  ),
  sequences: z.array(z.strictObject({ name: z.string(), increment: z.string(), lastValue: z.string().nullable() })),
  materializedViews: z.array(z.strictObject({ name: z.string(), definitionSha256: z.string() })),
  largeObjects: z.strictObject({ count: z.int(), hash: z.string().optional() }).optional(),
  /** Of an encrypted proof: random, for its plain hash stands in the manifest, where nobody may try contents by it. */
  salt: z.string().optional(),
});

const LIMIT_BYTES = 64 * 1_048_576;

export function formatProof(proof: Proof, { secret }: { readonly secret: boolean }): Buffer {
  const salt = secret ? { salt: randomBytes(16).toString('hex') } : {};
  return Buffer.from(`${JSON.stringify({ ...proof, ...salt }, null, 1)}\n`);
}

/**
 * The proof of a dump. Throws `NotFound`, `CorruptDump` when it is not the one that the manifest names, and of an
 * encrypted one what `readPlain` throws.
 */
export async function readProof(deps: PlainDeps, opened: OpenedDump): Promise<Proof> {
  const { proof } = opened.manifest.objects;
  const key = `${opened.prefix}${proof.key}`;
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  // Hashed: whoever can write over the rows can write over what they are compared with.
  for await (const chunk of readPlain(deps, opened, proof)) {
    sizeBytes += chunk.length;
    if (sizeBytes > LIMIT_BYTES)
      throw new AppError('CorruptDump', `${key} is larger than ${LIMIT_BYTES} bytes`, { key });
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  try {
    return ProofFile.parse(JSON.parse(bytes.toString()));
  } catch (error) {
    throw new AppError('CorruptDump', `${key} is not a proof that this version reads`, { cause: error, key });
  }
}
