import { runDump } from '@datasens/core/dump/run-dump.ts';
import type { JsonObject } from '@datasens/local/step-functions/json.ts';
import { alter } from '@datasens/testkit/alter.ts';
import { futureDatabase, testDatabase } from '@datasens/testkit/database.ts';
import { runExpiry } from '@datasens/testkit/expiry-world.ts';
import { textOf } from '@datasens/testkit/restore-world.ts';
import { callHandler, workflowWorld } from '@datasens/testkit/workflow-world.ts';
import { expect, test } from 'vitest';

const user = 'paul';
const IN_PLACE = { inPlace: true, clean: true };

/** A dump of `t`, a target that nobody else has, and what a check of its restore there has said. */
async function checked({ inTarget = '', ...request }: { readonly inTarget?: string; readonly inPlace?: boolean } = {}) {
  await using stack = new AsyncDisposableStack();
  const target = stack.use(inTarget === '' ? futureDatabase() : await testDatabase());
  if (inTarget !== '') await target.sql(inTarget);
  const environment = { DATASENS_SOURCES: JSON.stringify({ copy: target.url }) };
  const { dumps } = stack.use(await workflowWorld({ environment }));
  await dumps.source.sql('create table t as select n from generate_series(1, 100) n');
  const { manifest, prefix } = await runDump(dumps.deps, { user });
  const { dumpId, objects } = manifest;
  const payload = { user, dump: String(dumpId), into: 'copy', ...request };
  const facts = (await callHandler({ functionName: 'check-restore', payload })) as JsonObject;
  const step = { plan: facts.plan ?? null, execution: 'it' };
  const kept = stack.move();
  return {
    dumps,
    target,
    dumpId,
    facts,
    sha256: objects.data.sha256,
    keys: { data: `${prefix}${objects.data.key}`, proof: `${prefix}${objects.proof.key}` },
    restore: () => callHandler({ functionName: 'restore', payload: step }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
type Checked = Awaited<ReturnType<typeof checked>>;

test('a check tells what decides on the way: the dump by its hash, the target, whether that is replaced', async () => {
  await using fresh = await checked();
  const { dumpId, sha256, target } = fresh;
  expect(fresh.facts).toMatchObject({ dumpId, sha256, into: 'copy', mode: 'create', needsSafetyDump: false });
  expect(fresh.facts).toMatchObject({ sensitive: false, personal: false, route: 'lambda' });
  expect(fresh.facts.target).toContain(target.name);
  await using full = await checked({ ...IN_PLACE, inTarget: 'create table t (other int)' });
  expect(full.facts).toMatchObject({ mode: 'in-place', needsSafetyDump: true });
});

const policy = { rules: [{ name: 'one', match: {}, keepLast: 1 }], archiveClass: 'GLACIER_IR', rejectedMs: 1e12 };

/** Rotated away by a newer one. */
async function rotate({ dumps }: Checked): Promise<void> {
  await runDump(dumps.deps, { user });
  await runExpiry(dumps.deps, policy);
}

const END = `update t38_dump_audit set date_expiration = now() - interval '1 day'`;

test.for<[string, (checked: Checked) => Promise<unknown>, RegExp]>([
  ['deleted', rotate, /^InvalidInput$/],
  ['altered', ({ dumps, keys }) => alter(dumps, keys.data), /^(Conflict|CorruptDump)$/],
  ['given another proof', ({ dumps, keys }) => alter(dumps, keys.proof), /^(Conflict|CorruptDump)$/],
  ['past its term', ({ dumps }) => dumps.audit.server.sql(END), /^NotAllowed$/],
])('a dump that is %s after the check is refused, and nothing is touched', async ([, meanwhile, name]) => {
  for (const options of [{}, { ...IN_PLACE, inTarget: 'create table t as select 7 as other' }]) {
    await using it = await checked(options);
    const before = await textOf(it.target.url);
    await meanwhile(it);
    await expect(it.restore()).rejects.toMatchObject({ name: expect.stringMatching(name) });
    expect(await textOf(it.target.url)).toBe(before);
  }
});

test.for<[string, string, (checked: Checked) => Promise<unknown>]>([
  ['was empty, and is not any more', 'select', ({ target }) => target.sql('create table mine as select 1 as n')],
  ['was not there, and is now', '', ({ target, dumps }) => dumps.source.sql(`create database ${target.name}`)],
])('a target that %s is left as it is', async ([, inTarget, meanwhile]) => {
  await using it = await checked({ inTarget });
  await meanwhile(it);
  const before = await textOf(it.target.url);
  await expect(it.restore()).rejects.toMatchObject({
    name: 'Conflict',
    message: expect.stringMatching(/when the restore was checked.*nothing was done/),
  });
  expect(await textOf(it.target.url)).toBe(before);
});

test('a plan that is not the one which the check has left is not carried out', async () => {
  await using it = await checked();
  const { key } = it.facts.plan as { readonly key: string };
  const { outside } = it.dumps.audit.storage;
  const plan = JSON.parse((await outside.read(key)).toString()) as JsonObject;
  await outside.write(key, JSON.stringify({ ...plan, prove: true }));
  await expect(it.restore()).rejects.toMatchObject({ name: 'CorruptDump' });
  expect(await textOf(it.target.url)).toBeUndefined();
});
