import * as z from 'zod';
import { Manifest } from '../catalog/manifest.ts';

/** What a caller asks for. */
export const RestoreRequest = z.strictObject({
  /** A dump_id, a key or a URI. */
  dump: z.string().min(1),
  /** The name of the source to restore into; the dump's own where absent. */
  into: z.string().optional(),
  /** Into a database that is not empty. */
  inPlace: z.boolean().default(false),
  /** Replace what is there. */
  clean: z.boolean().default(false),
  /** Table names as SQL reads them; none means everything. */
  tables: z.array(z.string()).default([]),
  /** Where the objects of the dump's one schema go. */
  intoSchema: z.string().min(1).max(63).optional(),
  /** Whether owners are restored; otherwise everything belongs to the role that restores. */
  owners: z.boolean().default(true),
  privileges: z.boolean().default(true),
  /** Whether row-level security comes along: its policies name roles. */
  policies: z.boolean().default(true),
  /** Whether contents are compared, not row counts alone. */
  prove: z.boolean().default(false),
  /** Processes of pg_restore, where they can be put to use. */
  jobs: z.int().min(1).max(64).default(1),
  /** How long to wait for locks that others hold. */
  lockTimeoutMs: z.int().positive().default(30_000),
  /** Whether a server that has less room than the source took is refused, rather than warned of. */
  needsRoom: z.boolean().default(false),
  /** The approval that was given for it, where it writes to protected tables. */
  approvalId: z.int().positive().optional(),
  /** The guarded step that it undoes: the number of the event that has begun it. */
  lease: z.int().positive().optional(),
  user: z.string().min(1).max(100),
});
export type RestoreRequest = z.input<typeof RestoreRequest>;

/**
 * - `create`    the database is not there: restored under a temporary name, proven, renamed
 * - `fill`      it is there and empty: restored in one transaction
 * - `in-place`  it is there and in use: restored in one transaction
 */
export const RESTORE_MODES = ['create', 'fill', 'in-place'] as const;

/** A restore decided on: the dump was checked to the byte, the target looked at. Nothing has been touched. */
export const RestorePlan = z.strictObject({
  dumpId: z.int().positive(),
  prefix: z.string(),
  manifest: Manifest,
  /** The versions of the objects that were checked, by their keys relative to the prefix. */
  etags: z.record(z.string(), z.string()),
  /** The name of the source to restore into. */
  into: z.string(),
  mode: z.enum(RESTORE_MODES),
  serverMajor: z.int(),
  /**
   * Whether everything happens in one transaction, which a database that is there needs, and which loads a new one
   * faster: rows that are loaded by the transaction that made their table need no write-ahead log where the server
   * keeps none for replicas (wal_level, PostgreSQL manual).
   */
  oneTransaction: z.boolean(),
  clean: z.boolean(),
  /** The tables to restore, without their partitions, and those that a proof compares; null for everything. */
  tables: z
    .strictObject({
      selected: z.array(z.strictObject({ schema: z.string(), name: z.string() })),
      proven: z.array(z.string()),
    })
    .nullable(),
  /** Where the objects go that the dump has in `fromSchema`; both null where they keep their schemas. */
  intoSchema: z.string().nullable(),
  fromSchema: z.string().nullable(),
  /** The tables and views that are made, or made anew, as the target calls them. */
  relations: z.array(z.strictObject({ schema: z.string(), name: z.string() })),
  owners: z.boolean(),
  privileges: z.boolean(),
  policies: z.boolean(),
  prove: z.boolean(),
  jobs: z.int(),
  lockTimeoutMs: z.int(),
  /** As requested, or as the execution was given it; where it is left out, that of the execution counts. */
  approvalId: z.int().positive().optional(),
  lease: z.int().positive().optional(),
  user: z.string(),
  /** What the request could not know and might want to. */
  warnings: z.array(z.string()),
});
export type RestorePlan = z.infer<typeof RestorePlan>;
