import { runDump } from '@datasens/core/dump/run-dump.ts';
import type { BlobStore } from '@datasens/core/storage/blob-store.ts';
import { s3Store } from '@datasens/core/storage/s3.ts';
import { datasens } from '@datasens/testkit/cli.ts';
import { futureDatabase, testDatabase } from '@datasens/testkit/database.ts';
import { dumpText } from '@datasens/testkit/dump-text.ts';
import { gatedStore } from '@datasens/testkit/gated-store.ts';
import { expectInvariants, expectNothing } from '@datasens/testkit/invariants.ts';
import { expectFailure, restoreInto, restoreWorld } from '@datasens/testkit/restore-world.ts';
import { testBucket } from '@datasens/testkit/s3-bucket.ts';
import { startS3Server } from '@datasens/testkit/s3-server.ts';
import { s3Servers } from '@datasens/testkit/s3-servers.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { describe, expect, test } from 'vitest';

const user = 'claire';
/** More than one part of an upload: rows that do not compress. */
const LARGE = `create table large as
  select n, (select string_agg(md5(n::text || i), '') from generate_series(1, 32) i) as text from generate_series(1, 40000) n`;

describe.for(s3Servers())('on $kind', ({ kind, endpoint }) => {
  async function world() {
    const bucket = await testBucket(endpoint);
    const store = s3Store({ bucket: bucket.name, prefix: 'dumps of/prod', endpoint });
    return Object.assign(await restoreWorld({ store }), { bucket });
  }

  test('the command dumps, verifies, restores and tells the audit, and another client sees the artefact', async () => {
    await using database = await testDatabase();
    await using target = futureDatabase();
    await using folder = await temporaryFolder();
    await database.sql(`create table t01_source as select n as id, 'été' as nom from generate_series(1, 3) n`);
    const bucket = await testBucket(endpoint);
    const env = {
      DATABASE_URL: database.url,
      DATASENS_STORAGE: `s3://${bucket.name}/p`,
      DATASENS_HOME: folder.path,
      S3_ENDPOINT: endpoint,
    };
    const dumped = await datasens(['dump', '--json'], env);
    expect(dumped).toMatchObject({ code: 0 });
    expect(dumped.json.uri).toBe(`s3://${bucket.name}/p/${dumped.json.key}`);

    const listed = await bucket.list();
    expect(listed).toContainEqual([`p/${dumped.json.key}`, dumped.json.sizeBytes]);
    expect(listed).toContainEqual([
      expect.stringMatching(/^p\/dumps\/SQL\/default\/.*\/manifest\.json$/),
      expect.any(Number),
    ]);

    // By its URI, too.
    expect(await datasens(['verify', dumped.json.uri], env)).toMatchObject({ code: 0 });
    const restored = await datasens(['restore', '1', '--into', target.url, '--prove', '--json'], env);
    expect(restored.json).toMatchObject({ proven: true, equal: true });
    expect((await datasens(['audit', '--json'], env)).json.dumps).toMatchObject([{ dumpId: 1, status: 'ACTIF' }]);
    expect(await datasens(['journal', 'verify'], env)).toMatchObject({ code: 0 });
    const doctor = await datasens(['doctor'], env);
    expect(doctor.stdout).toMatch(/^ok +storage .*no versions are kept/m);
    expect(doctor.code).toBe(0);
  });

  test('a dump of several parts restores, in every mode', async () => {
    await using opened = await world();
    const { source, deps } = opened;
    await source.sql(LARGE);
    const { manifest } = await runDump(deps, { user });
    expect(manifest.objects.data.sizeBytes).toBeGreaterThan(17_000_000);
    const before = await dumpText(source.url);
    await using absent = futureDatabase();
    await using parallel = futureDatabase();
    await using empty = await testDatabase();
    await restoreInto(opened, absent.url, { prove: true });
    await restoreInto(opened, parallel.url, { prove: true, jobs: 2 });
    await restoreInto(opened, empty.url, { prove: true });
    await source.sql('delete from large where n > 7');
    await restoreInto(opened, source.url, { inPlace: true, clean: true, prove: true });
    for (const { url } of [absent, parallel, empty, source]) expect(await dumpText(url)).toBe(before);
    await expectInvariants(opened);
  });

  test('data that somebody else wrote over is refused, and nothing is touched', async () => {
    await using opened = await world();
    await opened.source.sql('create table t as select 1 as id');
    const { prefix, manifest } = await runDump(opened.deps, { user });
    const Key = `dumps of/prod/${prefix}${manifest.objects.data.key}`;
    await opened.bucket.put(Key, 'PGDMP, but not this one');
    await using target = futureDatabase();
    await expectFailure(opened, target.url, {}, { name: 'CorruptDump', says: [Key.slice(14)], journalled: ['ECHEC'] });
  });

  test('data that somebody writes over while they are restored are not kept', async () => {
    await using opened = await world();
    await opened.source.sql(LARGE);
    const { prefix, manifest } = await runDump(opened.deps, { user });
    const key = `${prefix}${manifest.objects.data.key}`;
    const plain = opened.deps.store;
    // Once the restore itself has begun to read, after the checks.
    let reads = 0;
    const store: BlobStore = {
      ...plain,
      async *read(name, options) {
        if (name === key) reads += 1;
        for await (const chunk of plain.read(name, options)) {
          yield chunk;
          if (name !== key || reads !== 2) continue;
          reads += 1;
          await opened.bucket.put(`dumps of/prod/${key}`, 'somebody else’s');
        }
      },
    };
    await using target = futureDatabase();
    const deps = { ...opened, deps: { ...opened.deps, store } };
    await expectFailure(deps, target.url, {}, { name: 'Conflict', says: [], journalled: ['RESTAURE', 'ECHEC'] });
  });

  test('a server that dies in the middle of a dump leaves none, and the next one is made', async () => {
    await using server = await startS3Server(kind);
    const bucket = await testBucket(server.endpoint);
    const store = s3Store({ bucket: bucket.name, prefix: '', endpoint: server.endpoint });
    await using opened = await restoreWorld({ store });
    await opened.source.sql(LARGE);
    const deps = { ...opened.deps, store: gatedStore(store, /\/data\./, () => server.kill9()) };
    const error = await runDump(deps, { user }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'Transient' });
    await server.start();
    await expectNothing(opened);
    await runDump(opened.deps, { user });
    expect(await expectInvariants(opened)).toHaveLength(1);
    // An upload that was begun when the server died could not be ended.
    expect(await bucket.unfinishedUploads()).toBeLessThanOrEqual(1);
  });
});
