import * as z from 'zod';
import { AppError } from '../errors.ts';

const StoredObject = z.strictObject({
  /** Relative to the manifest's own prefix: an artefact can be copied elsewhere whole. */
  key: z.string().regex(/^[\w.-]+$/),
  sizeBytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Of an encrypted object: what `age -d` makes of it. */
  plain: z.strictObject({ sizeBytes: z.int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }).optional(),
});

/** What a dump is for: each purpose is a lineage of its own, so that none can evict another's dumps. */
export const PURPOSES = ['scheduled', 'manual', 'safety', 'guarded'] as const;

export const DUMP_FORMATS = ['custom', 'plain'] as const;

/** The first line of an age file (age-encryption.org/v1, "Header"). */
export const AGE_FORMAT = 'age-encryption.org/v1';

export const Manifest = z.strictObject({
  format: z.literal(1),
  dumpId: z.int().positive(),
  type: z.literal('SQL'),
  source: z.string(),
  purpose: z.enum(PURPOSES),
  /** The tables asked for, as SQL writes them; null for the whole database. */
  selection: z.array(z.string()).nullable(),
  createdAt: z.iso.datetime(),
  user: z.string(),
  comment: z.string().nullable(),
  expiresAt: z.iso.datetime().nullable(),
  personal: z.boolean(),
  database: z.strictObject({
    name: z.string(),
    encoding: z.string(),
    serverVersion: z.string(),
    /** On disk, of the whole database or of the tables selected: about what a restore will take. */
    sizeBytes: z.int().nonnegative().optional(),
    locale: z
      .strictObject({
        provider: z.enum(['libc', 'icu', 'builtin']),
        collate: z.string(),
        ctype: z.string(),
        locale: z.string().optional(),
        icuRules: z.string().optional(),
      })
      .optional(),
  }),
  /** Who owns objects or holds privileges (`owners`), and whom policies and user mappings name (`named`). */
  roles: z.strictObject({ owners: z.array(z.string()), named: z.array(z.string()) }).default({ owners: [], named: [] }),
  dumpFormat: z.enum(DUMP_FORMATS),
  toolVersion: z.string(),
  proofLevel: z.enum(['content', 'counts', 'none']),
  /** Tables with rows of their own, and the rows in all of them; null where they were not counted. */
  tables: z.int().nonnegative(),
  rows: z.int().nonnegative().nullable(),
  /** The latest import into each table that the dump has; absent where the ledger could not be read. */
  imports: z
    .array(
      z.strictObject({
        schema: z.string(),
        table: z.string(),
        importId: z.int().positive(),
        dumpId: z.int().positive(),
        journal: z.string(),
      }),
    )
    .optional(),
  /** Of a sensitive dump: how its objects are encrypted, each of them, and to whose public keys. */
  encryption: z.strictObject({ format: z.literal(AGE_FORMAT), recipients: z.array(z.string()).min(1) }).optional(),
  objects: z.strictObject({
    data: StoredObject,
    proof: StoredObject,
    /** The whole database's schema, beside the data of a selection. */
    schema: StoredObject.optional(),
    /** Roles and tablespaces, where the server lets the role read them. */
    globals: StoredObject.optional(),
  }),
});

/** The description of one dump: written last, once, and the same for the same dump to the byte. */
export type Manifest = z.infer<typeof Manifest>;
export type StoredObject = z.infer<typeof StoredObject>;

export const MANIFEST_NAME = 'manifest.json';

/** The key of the manifest of the artefact under `prefix`, which ends in `/`. */
export function manifestKey(prefix: string): string {
  return `${prefix}${MANIFEST_NAME}`;
}

/** The artefact's prefix, from the key of any of its objects. */
export function prefixOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1);
}

export function formatManifest(manifest: Manifest): Buffer {
  return Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
}

/** Throws `CorruptDump` naming `key` when the bytes are not a manifest of this format. */
export function parseManifest(bytes: Buffer, key: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString());
  } catch (error) {
    throw new AppError('CorruptDump', `${key} is not JSON`, { cause: error, key });
  }
  const parsed = Manifest.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new AppError(
    'CorruptDump',
    `${key} is not a manifest that this version reads: ${z.prettifyError(parsed.error)}`,
    {
      key,
    },
  );
}
