import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { age, ageUnavailable } from '@datasens/testkit/age-command.ts';
import { archiveScript, copiedRows } from '@datasens/testkit/archive.ts';
import { contentHash } from '@datasens/testkit/content-hash.ts';
import { type DumpWorld, dumpWorld } from '@datasens/testkit/dump-world.ts';
import { everythingStored } from '@datasens/testkit/everything-stored.ts';
import { expectInvariants, expectNothing } from '@datasens/testkit/invariants.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { type TestKeys, testKeys } from '@datasens/testkit/test-keys.ts';
import { wrapTools } from '@datasens/testkit/wrapped-tools.ts';
import { expect, test } from 'vitest';
import { AGE_FORMAT, type StoredObject } from '../catalog/manifest.ts';
import { objectsOf } from '../catalog/verify-objects.ts';
import { decrypt } from '../crypto/decrypt.ts';
import { commitDump } from './commit-dump.ts';
import type { DumpRequest } from './dump-plan.ts';
import { planDump } from './plan-dump.ts';
import { type DumpResult, runDump } from './run-dump.ts';
import { stageDump } from './stage-dump.ts';
import { verifyDump } from './verify-dump.ts';

const user = 'claire';
const keys = await testKeys();
const others = await testKeys();
const noAge = await ageUnavailable();
const SECRET = 'rue des Lilas';
const PEOPLE = `create table person (id int, address text);
  insert into person values (1, '12 ${SECRET}'), (2, '3 place du Marché')`;

async function people(rules?: Record<string, unknown>): Promise<DumpWorld> {
  const world = await dumpWorld({ encryption: keys.dumping(rules) });
  await world.source.sql(PEOPLE);
  return world;
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const keyIn = ({ prefix }: DumpResult, { key }: StoredObject) => `${prefix}${key}`;
const storedIn = ({ audit }: DumpWorld, result: DumpResult, object: StoredObject) =>
  audit.storage.outside.read(keyIn(result, object));

async function opened(world: DumpWorld, result: DumpResult, object: StoredObject, { identities }: TestKeys = keys) {
  const stored = await storedIn(world, result, object);
  return Buffer.concat(
    await Array.fromAsync(
      decrypt(
        (async function* () {
          yield stored;
        })(),
        identities,
        { name: 'it' },
      ),
    ),
  );
}

test.for(['custom', 'plain'] as const)(
  'nothing that tells a row is stored in the clear, in any object: %s',
  async (format) => {
    await using world = await people();
    const result = await runDump(world.deps, { user, sensitive: true, tables: ['person'], format });
    const { manifest, proof } = result;
    expect(proof).toBeNull();
    expect(manifest.encryption).toEqual({ format: AGE_FORMAT, recipients: [keys.recipient] });
    expect(objectsOf(manifest).map(({ key }) => key)).toEqual([
      expect.stringMatching(format === 'custom' ? /^data\.\w+\.dump\.age$/ : /^data\.\w+\.sql\.age$/),
      expect.stringMatching(/^proof\.\w+\.json\.age$/),
      expect.stringMatching(/^schema\.\w+\.dump\.age$/),
      expect.stringMatching(/^globals\.\w+\.sql\.age$/),
    ]);
    const hash = contentHash([`(1,"12 ${SECRET}")`, '(2,"3 place du Marché")']);
    const stored = await everythingStored(world.audit);
    expect(stored.size).toBeGreaterThan(6);
    for (const [key, bytes] of stored) {
      for (const telling of [SECRET, hash, 'PGDMP', 'COPY '])
        expect(bytes.includes(telling), `${key}: ${telling}`).toBe(false);
      if (key.endsWith('.age')) expect(bytes.subarray(0, 22).toString()).toBe(`${AGE_FORMAT}\n`);
    }
    const plainProof = await opened(world, result, manifest.objects.proof);
    expect(JSON.parse(plainProof.toString())).toMatchObject({ tables: [{ name: 'public.person', hash }] });
    expect(await expectInvariants(world)).toEqual([manifest.dumpId]);
  },
);

test('the manifest has the hashes of what is stored and of what it opens to, and the row that of what is stored', async () => {
  await using world = await people();
  const result = await runDump(world.deps, { user, sensitive: true });
  for (const object of objectsOf(result.manifest)) {
    const stored = await storedIn(world, result, object);
    const plain = await opened(world, result, object);
    expect(object).toEqual({
      key: object.key,
      sizeBytes: stored.length,
      sha256: sha256(stored),
      plain: { sizeBytes: plain.length, sha256: sha256(plain) },
    });
  }
  const { data } = result.manifest.objects;
  expect(copiedRows(await archiveScript(await opened(world, result, data)), 'public.person')).toHaveLength(2);
  const [row] = await world.audit.server.sql('select chemin, checksum_sha256 from t38_dump_audit');
  expect(row).toEqual({ chemin: keyIn(result, data), checksum_sha256: data.sha256 });
});

test('two proofs of the same rows have different plain hashes: contents cannot be tried by them', async () => {
  await using world = await people();
  const hashes = [];
  for (const _ of [1, 2])
    hashes.push((await runDump(world.deps, { user, sensitive: true })).manifest.objects.proof.plain);
  expect(hashes[0]?.sizeBytes).toBe(hashes[1]?.sizeBytes);
  expect(hashes[0]?.sha256).not.toBe(hashes[1]?.sha256);
});

test.skipIf(noAge !== undefined && !process.env.CI)(
  'the real age opens each object, and it is what the manifest says',
  async () => {
    await using world = await people();
    await using folder = await temporaryFolder();
    const identity = join(folder.path, 'key.txt');
    await writeFile(identity, `${keys.secret}\n`, { mode: 0o600 });
    const result = await runDump(world.deps, { user, sensitive: true });
    for (const object of objectsOf(result.manifest)) {
      const plain = await age(['-d', '-i', identity], await storedIn(world, result, object));
      expect(sha256(plain)).toBe(object.plain?.sha256);
    }
  },
);

test.skipIf(noAge !== undefined && !process.env.CI)('what the real age wrote opens here', async () => {
  const plain = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 251));
  const stored = await age(['-r', keys.recipient, '-r', others.recipient], plain);
  for (const { identities } of [keys, others]) {
    const chunks = decrypt(
      (async function* () {
        yield stored;
      })(),
      identities,
      { name: 'it', sizeBytes: stored.length },
    );
    expect(plain.equals(Buffer.concat(await Array.fromAsync(chunks)))).toBe(true);
  }
});

test('without a key to encrypt to, a sensitive dump is refused before anything is written', async () => {
  await using world = await dumpWorld();
  await world.source.sql(PEOPLE);
  const before = await world.audit.server.sql('select last_value from t38_dump_audit_dump_id_seq');
  await expect(runDump(world.deps, { user, sensitive: true })).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringContaining('set DATASENS_RECIPIENTS'),
  });
  expect(await world.audit.server.sql('select last_value from t38_dump_audit_dump_id_seq')).toEqual(before);
  await expectNothing(world);
});

const BY_RULE: readonly [rules: Record<string, unknown>, tables: string[], encrypted: boolean][] = [
  [{ default: true }, ['other'], true],
  [{ default: ['pers*'] }, [], true],
  [{ default: ['pers*'] }, ['person'], true],
  [{ default: ['pers*'] }, ['other'], false],
  [{ default: ['visit'] }, ['visit_2026'], true],
  [{ crm: true }, [], false],
];

test.for(BY_RULE)('by the rule %j a dump of %j is encrypted unasked: %j', async ([rules, tables, encrypted]) => {
  await using world = await people(rules);
  await world.source.sql(`create table other (id int);
    create table visit (day date) partition by range (day);
    create table visit_2026 partition of visit for values from ('2026-01-01') to ('2027-01-01')`);
  const { manifest, proof } = await runDump(world.deps, { user, tables });
  expect(manifest.encryption !== undefined).toBe(encrypted);
  expect(proof === null).toBe(encrypted);
  expect(
    objectsOf(manifest).every(
      ({ key, plain }) => key.endsWith('.age') === encrypted && (plain !== undefined) === encrypted,
    ),
  ).toBe(true);
});

test('a table that a rule is about, made after the dump was planned, is encrypted with the rest', async () => {
  await using world = await people({ default: ['late'] });
  const plan = await planDump(world.deps, { user });
  expect(plan.sensitive).toBe(false);
  await world.source.sql('create table late (id int)');
  expect((await stageDump(world.deps, plan)).manifest.encryption).toBeDefined();
});

test('verify needs no identity; with one it also compares what is opened', async () => {
  await using world = await people();
  const { manifest } = await runDump(world.deps, { user, sensitive: true });
  const request = { dump: String(manifest.dumpId), user };
  const restoring = { ...world.deps, encryption: keys.restoring() };
  const foreign = { ...world.deps, encryption: others.restoring() };
  expect(await verifyDump(world.deps, request)).toMatchObject({ decrypted: false, objects: 3 });
  expect(await verifyDump(foreign, request)).toMatchObject({ decrypted: false });
  expect(await verifyDump(restoring, request)).toMatchObject({ decrypted: true, objects: 3 });
});

const DAMAGES: readonly [string, (bytes: Buffer) => Buffer, RegExp][] = [
  ['altered', (bytes) => bytes.fill(bytes.readUInt8(400) ^ 1, 400, 401), /age is altered: expected/],
  ['cut short', (bytes) => bytes.subarray(0, -100), /age is cut short: expected/],
];

test.for(DAMAGES)('a ciphertext that was %s is found, with an identity and without', async ([, damage, message]) => {
  await using world = await people();
  const result = await runDump(world.deps, { user, sensitive: true });
  const key = keyIn(result, result.manifest.objects.data);
  const { outside } = world.audit.storage;
  await outside.write(key, damage(await outside.read(key)));
  for (const encryption of [keys.dumping(), keys.restoring()]) {
    const verifying = verifyDump({ ...world.deps, encryption }, { dump: String(result.manifest.dumpId), user });
    await expect(verifying).rejects.toMatchObject({ name: 'CorruptDump', message: expect.stringMatching(message) });
  }
});

test('a manifest that promises other plain bytes is found out by whoever can open them', async () => {
  await using world = await people();
  const plan = await planDump(world.deps, { user, sensitive: true });
  const staged = await stageDump(world.deps, plan);
  const { data, ...rest } = staged.manifest.objects;
  const wrong = { ...data, plain: { sizeBytes: data.plain?.sizeBytes ?? 0, sha256: 'ab'.repeat(32) } };
  await commitDump(world.deps, { ...staged, manifest: { ...staged.manifest, objects: { ...rest, data: wrong } } });
  const verify = (encryption = keys.dumping()) =>
    verifyDump({ ...world.deps, encryption }, { dump: String(plan.dumpId), user });
  expect(await verify()).toMatchObject({ decrypted: false });
  await expect(verify(keys.restoring())).rejects.toMatchObject({
    name: 'CorruptDump',
    message: expect.stringMatching(/age, decrypted, is altered/),
  });
});

const FAILING: readonly [string, Parameters<typeof wrapTools>[0], Partial<DumpRequest>][] = [
  ['pg_dump that fails at its end', { pg_dump: '"$real" "$@"; exit 3' }, {}],
  ['an archive that cannot be read', { pg_dump: '"$real" "$@" | head -c 900' }, {}],
  ['a plain dump that is cut short', { pg_dump: '"$real" "$@" | head -c 900' }, { format: 'plain' }],
];

test.for(FAILING)(
  '%s leaves nothing of a sensitive dump, and no word of it in the journal',
  async ([, scripts, request]) => {
    await using tools = await wrapTools(scripts);
    await using world = await people();
    const deps = { ...world.deps, toolSearch: { binDir: tools.binDir } };
    await expect(runDump(deps, { user, sensitive: true, ...request })).rejects.toThrow(/pg_dump|archive/);
    await expectNothing(world);
  },
);
