import { alter } from '@datasens/testkit/alter.ts';
import { type DumpWorld, dumpWorld } from '@datasens/testkit/dump-world.ts';
import { expect, test } from 'vitest';
import { type DumpResult, runDump } from './run-dump.ts';
import { verifyDump } from './verify-dump.ts';

const user = 'claire';

async function world(): Promise<DumpWorld & { result: DumpResult }> {
  const made = await dumpWorld();
  await made.source.sql('create table t as select n, md5(n::text) from generate_series(1, 1000) n');
  return { ...made, result: await runDump(made.deps, { user }) };
}

async function events({ audit }: DumpWorld) {
  return audit.server.sql(
    `select evenement, utilisateur from t39_dump_evenement where evenement <> 'CREE' and seq > 1`,
  );
}

test('an intact dump is found by id, key and URI, and its verification is journalled', async () => {
  await using made = await world();
  const { data } = made.result.manifest.objects;
  const key = `${made.result.prefix}${data.key}`;
  for (const dump of [String(made.result.manifest.dumpId), key, made.deps.store.uriOf(key)]) {
    const verified = await verifyDump(made.deps, { dump, user: 'paul' });
    expect(verified.dump).toMatchObject({ key, sha256: data.sha256 });
  }
  expect(await events(made)).toEqual(Array(3).fill({ evenement: 'VERIFIE', utilisateur: 'paul' }));
});

type World = DumpWorld & { result: DumpResult };
const dataKey = ({ result }: World) => `${result.prefix}${result.manifest.objects.data.key}`;
const manifestKey = ({ result }: World) => `${result.prefix}manifest.json`;
const damages: [string, (made: World) => Promise<unknown>, RegExp][] = [
  ['a flipped byte', (made) => alter(made, dataKey(made)), /data\.\w+\.dump is altered/],
  [
    'a truncated object',
    (made) => edit(made, dataKey(made), (bytes) => bytes.subarray(0, 100)),
    /is cut short: expected \d+ bytes.*found 100/,
  ],
  ['a missing object', (made) => made.audit.storage.outside.remove(dataKey(made)), /data\.\w+\.dump is missing/],
  [
    'a damaged proof',
    (made) => alter(made, `${made.result.prefix}${made.result.manifest.objects.proof.key}`),
    /proof\.\w+\.json is altered/,
  ],
  [
    'a manifest edited by hand',
    (made) =>
      edit(made, manifestKey(made), (bytes) =>
        Buffer.from(bytes.toString().replace('"user": "claire"', '"user": "nobody"')),
      ),
    /manifest\.json is not the manifest that was committed/,
  ],
  [
    'a manifest that is no JSON',
    (made) => edit(made, manifestKey(made), (bytes) => bytes.subarray(0, 10)),
    /manifest\.json is not JSON/,
  ],
  ['a missing manifest', (made) => made.audit.storage.outside.remove(manifestKey(made)), /manifest\.json is missing/],
  [
    'a row edited by hand',
    (made) => made.audit.server.sql(`update t38_dump_audit set checksum_sha256 = repeat('a', 64)`),
    /the row of dump \d+ was altered/,
  ],
];

test.for(damages)('%s is refused, and journalled as a failure', async ([_title, damage, message]) => {
  await using made = await world();
  await damage(made);
  await expect(verifyDump(made.deps, { dump: String(made.result.manifest.dumpId), user })).rejects.toMatchObject({
    name: 'CorruptDump',
    message: expect.stringMatching(message),
  });
  expect(await events(made)).toEqual([{ evenement: 'ECHEC', utilisateur: user }]);
});

test('what was never a dump, and what is one no longer, is refused without a word in the journal', async () => {
  await using made = await world();
  await made.audit.server.sql(`update t38_dump_audit set statut = 'SUPPRIME'`);
  await expect(verifyDump(made.deps, { dump: '1', user })).rejects.toMatchObject({
    name: 'InvalidInput',
    message: expect.stringContaining('was deleted'),
  });
  await expect(verifyDump(made.deps, { dump: '99', user })).rejects.toMatchObject({ name: 'NotFound' });
  expect(await events(made)).toEqual([]);
});

async function edit({ audit }: World, key: string, change: (bytes: Buffer) => Buffer): Promise<void> {
  const { outside } = audit.storage;
  await outside.write(key, change(await outside.read(key)));
}
