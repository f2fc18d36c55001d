import { commitDump } from '@datasens/core/dump/commit-dump.ts';
import type { DumpDeps } from '@datasens/core/dump/dump-deps.ts';
import type { DumpPlan } from '@datasens/core/dump/dump-plan.ts';
import { planDump } from '@datasens/core/dump/plan-dump.ts';
import { runDump } from '@datasens/core/dump/run-dump.ts';
import { stageDump } from '@datasens/core/dump/stage-dump.ts';
import { verifyStaged } from '@datasens/core/dump/verify-staged.ts';
import { s3Store } from '@datasens/core/storage/s3.ts';
import { dumpWorld } from '@datasens/testkit/dump-world.ts';
import { gatedStore } from '@datasens/testkit/gated-store.ts';
import { expectInvariants, expectNothing } from '@datasens/testkit/invariants.ts';
import { LARGE_TABLE } from '@datasens/testkit/large-table.ts';
import { testBucket } from '@datasens/testkit/s3-bucket.ts';
import { type Interruption, s3Proxy } from '@datasens/testkit/s3-proxy.ts';
import { type S3Server, startS3Server } from '@datasens/testkit/s3-server.ts';
import { ownS3Kinds } from '@datasens/testkit/s3-servers.ts';
import { bucketStore, S3_PREFIX } from '@datasens/testkit/stores.ts';
import { expect, test } from 'vitest';

const user = 'claire';
const MOMENTS: readonly Interruption['moment'][] = ['before', 'during', 'answered'];

const carryOut = async (deps: DumpDeps, plan: DumpPlan) =>
  commitDump(deps, await verifyStaged(deps, await stageDump(deps, plan)));

/** A dump of which the server is killed at request `n`, and started again. Tells whether there were so many. */
async function expectWholeOrNone(server: S3Server, n: number): Promise<boolean> {
  const bucket = await testBucket(server.endpoint);
  await using world = await dumpWorld({ storage: bucketStore(server.endpoint, bucket) });
  await world.source.sql('create table t as select generate_series(1, 1000) as id');
  const action = async () => {
    await server.kill9();
    await server.start();
  };
  let requests = 0;
  await using proxy = await s3Proxy(server.endpoint, () => {
    requests += 1;
    return requests === n ? { moment: MOMENTS[n % MOMENTS.length] ?? 'during', action } : undefined;
  });
  const store = s3Store({ bucket: bucket.name, prefix: S3_PREFIX, endpoint: proxy.endpoint });
  const plan = await planDump(world.deps, { user });
  const told = await carryOut({ ...world.deps, store }, plan).catch((error: unknown) => error);
  if (told instanceof Error) expect(told).toMatchObject({ name: 'Transient' });
  const registered = await expectInvariants(world);
  if (!(told instanceof Error)) expect(registered).toEqual([plan.dumpId]);

  await carryOut(world.deps, plan);
  expect(await expectInvariants(world)).toEqual([plan.dumpId]);
  return requests >= n;
}

test.for(ownS3Kinds())(
  '%s is killed at any request of a dump and comes back: the dump is whole or not there, and a second run converges',
  { timeout: 300_000 },
  async (kind) => {
    await using server = await startS3Server(kind);
    let n = 1;
    while (await expectWholeOrNone(server, n)) n += 1;
    // Enough for data, globals and proof, written and read back, the manifest, and the journal.
    expect(n).toBeGreaterThan(10);
  },
);

test.for(ownS3Kinds())('%s dies in the middle of a dump, which leaves none, and the next one is made', async (kind) => {
  await using server = await startS3Server(kind);
  const bucket = await testBucket(server.endpoint);
  await using world = await dumpWorld({ storage: bucketStore(server.endpoint, bucket) });
  await world.source.sql(LARGE_TABLE);
  const deps = { ...world.deps, store: gatedStore(world.deps.store, /\/data\./, () => server.kill9()) };
  const error = await runDump(deps, { user }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name: 'Transient' });
  await server.start();
  await expectNothing(world);
  await runDump(world.deps, { user });
  expect(await expectInvariants(world)).toHaveLength(1);
  // An upload that was begun when the server died could not be ended: it is for a sweep to find.
  expect(await bucket.unfinishedUploads()).toBeLessThanOrEqual(1);
});
