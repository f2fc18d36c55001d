import * as z from 'zod';
import { AppError } from '../errors.ts';
import { type Change, timestampText } from './change.ts';

/** What T38 says of a dump, as `t38_dump_audit.type` names it. */
export const DUMP_TYPES = ['SQL', 'RAW', 'LOG', 'METRIC', 'VECTOR', 'IMPORT'] as const;
export type DumpType = (typeof DUMP_TYPES)[number];

/** As `t38_dump_audit.statut` names it. */
export const DUMP_STATUSES = ['ACTIF', 'ARCHIVE', 'SUPPRIME'] as const;
export type DumpStatus = (typeof DUMP_STATUSES)[number];

/** A dump whose bytes are stored and verified, ready to be registered. */
export interface NewDump {
  /** From `reserveDumpId`. */
  readonly dumpId: number;
  readonly type: DumpType;
  /** The storage key of the data; unique among all dumps. */
  readonly key: string;
  readonly uri: string;
  readonly sizeBytes: number;
  /** Of the stored bytes, lower-case hex. */
  readonly sha256: string;
  readonly createdAt: Date;
  readonly user: string;
  readonly comment?: string | undefined;
  readonly expiresAt?: Date | undefined;
  readonly table?: string | undefined;
}

export const BYTES_PER_MB = 1_048_576;
/** What a B-tree takes: the unique index on `chemin` refuses longer ones (PostgreSQL, nbtree: a third of a page). */
const MAX_KEY_BYTES = 2_600;

const text = z
  .string()
  .refine((value) => value.isWellFormed() && !value.includes('\0'), 'holds NUL or half a surrogate pair');
/** VARCHAR counts characters, not UTF-16 units. */
const varchar = (limit: number) =>
  text.refine((value) => [...value].length <= limit, `is longer than the ${limit} characters that its column takes`);
const time = z.date().min(new Date('0001-01-01T00:00:00Z')).max(new Date('9999-12-31T23:59:59.999Z'));

const NewDumpSchema = z.object({
  dumpId: z.int().positive(),
  type: z.enum(DUMP_TYPES),
  key: text.min(1).refine((key) => Buffer.byteLength(key) <= MAX_KEY_BYTES, `is longer than ${MAX_KEY_BYTES} bytes`),
  uri: text.min(1),
  sizeBytes: z.int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 in lower-case hex'),
  createdAt: time,
  user: varchar(100).min(1),
  comment: text.optional(),
  expiresAt: time.optional(),
  table: varchar(100).optional(),
});

/**
 * The insert into T38 that registers `dump`. Throws `InvalidInput`, with every problem in one message, for a value
 * that its column would not hold as it is: nothing is ever cut.
 */
export function insertionOf(dump: NewDump): Change {
  const parsed = NewDumpSchema.safeParse(dump);
  if (!parsed.success)
    throw new AppError('InvalidInput', `the dump cannot be recorded\n${z.prettifyError(parsed.error)}`);
  const { dumpId, type, key, uri, sizeBytes, sha256, createdAt, user, comment, expiresAt, table } = parsed.data;
  return {
    table: 't38_dump_audit',
    op: 'insert',
    row: {
      dump_id: dumpId,
      type,
      chemin: key,
      taille_mb: sizeBytes / BYTES_PER_MB,
      date_creation: timestampText(createdAt),
      utilisateur: user,
      commentaire: comment ?? null,
      checksum_sha256: sha256,
      statut: 'ACTIF',
      date_expiration: expiresAt ? timestampText(expiresAt) : null,
      minio_uri: uri,
      table_cible: table ?? null,
    },
  };
}
