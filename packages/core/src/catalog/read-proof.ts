import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import type { Proof } from '../postgres/proof.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import type { Manifest } from './manifest.ts';
import { readSmallObject } from './read-object.ts';

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
});

/** The proof of a dump. Throws `NotFound`, or `CorruptDump` when it is not the one that the manifest names. */
export async function readProof(
  store: BlobStore,
  { prefix, manifest }: { readonly prefix: string; readonly manifest: Manifest },
  signal: AbortSignal,
): Promise<Proof> {
  const { key: name, sha256 } = manifest.objects.proof;
  const key = `${prefix}${name}`;
  const bytes = await readSmallObject(store, key, { signal });
  // Whoever can write over the rows can write over what they are compared with.
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
    throw new AppError('CorruptDump', `${key} is altered: it is not the proof that the manifest names`, { key });
  }
  try {
    return ProofFile.parse(JSON.parse(bytes.toString()));
  } catch (error) {
    throw new AppError('CorruptDump', `${key} is not a proof that this version reads`, { cause: error, key });
  }
}
