import { S3_KINDS, type S3Kind } from './s3-binary.ts';

/** What the bucket of a test may be: a folder, one of our S3 servers, or the one that somebody named. */
export type StoreKind = 'file' | S3Kind | 'other';

/** `http://host:port` of a server to test on instead of ours; the caller's `AWS_*` are its credentials. */
export const OTHER_ENDPOINT = process.env.DATASENS_TEST_S3_ENDPOINT || undefined;

/** The kinds of S3 server that this run is about. */
export const S3_STORE_KINDS: readonly Exclude<StoreKind, 'file'>[] = OTHER_ENDPOINT ? ['other'] : S3_KINDS;

/** Workflows are tested on one: the steps that they are made of are tested on all. */
export const WORKFLOW_STORE: StoreKind = OTHER_ENDPOINT ? 'other' : 'minio';

/**
 * The integration tests that run on every kind of store. The rule: a file is here when its tests write, read, list or
 * damage objects in ways in which stores differ, so that each step of a dump, a restore, an import and the journal is taken on each
 * kind, whole, damaged, crashed and killed. It is not here when the store only keeps for it what it needs before the
 * test begins (what a restore refuses in a database, what a script may do, what is dumped of which table): that would
 * be the same test twice.
 */
export const ON_EVERY_STORE: readonly string[] = [
  'packages/core/src/audit/{catalogue,find-dump,mirror-journal,record-dump,verify-journal}.int.test.ts',
  'packages/core/src/dump/{stored-dump,verify-dump}.int.test.ts',
  'packages/core/src/catalog/adopt-manifest.int.test.ts',
  'packages/core/src/expiry/expire.int.test.ts',
  'packages/core/src/import/{import-object,replay-rejects}.int.test.ts',
  'packages/core/src/rebuild/rebuild.int.test.ts',
  'packages/core/src/reconcile/reconcile.int.test.ts',
  'packages/core/src/restore/{run-restore,sensitive-restore}.int.test.ts',
  'packages/cli/src/storage.int.test.ts',
  'test/fault/{dump-killed,dump-twice,expiry-crashed,expiry-meanwhile,expiry-tampered,import-killed}.test.ts',
  'test/fault/{rebuild-crashed,reconcile-crashed,record-dump,restore-overwritten,settle-crashed}.test.ts',
  'test/restore/{restore-beside-expiry,restore-killed,restore-test}.test.ts',
];
