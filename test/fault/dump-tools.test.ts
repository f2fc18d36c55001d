import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runDump } from '@datasens/core/dump/run-dump.ts';
import { AppError } from '@datasens/core/errors.ts';
import type { BlobStore } from '@datasens/core/storage/blob-store.ts';
import { type DumpWorld, dumpWorld } from '@datasens/testkit/dump-world.ts';
import { until } from '@datasens/testkit/eventually.ts';
import { expectInvariants, expectNothing } from '@datasens/testkit/invariants.ts';
import { recordingStore } from '@datasens/testkit/recording-store.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { wrapTools } from '@datasens/testkit/wrapped-tools.ts';
import { expect, test } from 'vitest';

const user = 'claire';
const HALF = 'out=$(mktemp); "$real" "$@" >"$out"; head -c $(($(wc -c <"$out") / 2)) "$out"; rm "$out";';

async function withTable(world: DumpWorld): Promise<DumpWorld> {
  await world.source.sql('create table t as select n, md5(n::text) from generate_series(1, 20000) n');
  return world;
}

test.for([
  ['pg_dump exits 1 after half of its output', 'custom', `${HALF} exit 1`, 'ToolFailed'],
  ['pg_dump exits 1 after half of a plain dump', 'plain', `${HALF} exit 1`, 'ToolFailed'],
  ['pg_dump exits 1 after all of its output', 'custom', '"$real" "$@"; exit 1', 'ToolFailed'],
  ['pg_dump is killed after half of its output', 'custom', `${HALF} kill -9 $$`, 'ToolFailed'],
  ['pg_dump exits 0 after half of an archive', 'custom', `${HALF} exit 0`, 'CorruptDump'],
  ['pg_dump exits 0 after half of a plain dump', 'plain', `${HALF} exit 0`, 'ToolFailed'],
  ['pg_dump exits 0 without a word', 'custom', 'exit 0', 'CorruptDump'],
] as const)('%s: no artefact, no row, and the next dump is whole', async ([_title, format, script, name]) => {
  await using tools = await wrapTools({ pg_dump: script });
  await using world = await withTable(await dumpWorld({ binDir: tools.binDir }));
  const { store, stored } = recordingStore(world.deps.store);
  await expect(runDump({ ...world.deps, store }, { user, format })).rejects.toMatchObject({ name });
  // Not even for a moment.
  expect(stored.filter((key) => key.startsWith('dumps/'))).toEqual([]);
  await expectNothing(world);
  const failures = await world.audit.server.sql(`select detail::json -> 'error' ->> 'name' as name
    from t39_dump_evenement where evenement = 'ECHEC'`);
  expect(failures).toEqual([{ name }]);

  const { manifest } = await runDump({ ...world.deps, toolSearch: {} }, { user, format });
  expect(await expectInvariants(world)).toEqual([manifest.dumpId]);
});

test('a selection whose schema cannot be dumped leaves no data either', async () => {
  const script = 'case "$*" in *--schema-only*) exit 1 ;; *) exec "$real" "$@" ;; esac';
  await using tools = await wrapTools({ pg_dump: script });
  await using world = await withTable(await dumpWorld({ binDir: tools.binDir }));
  await expect(runDump(world.deps, { user, tables: ['t'] })).rejects.toMatchObject({ name: 'ToolFailed' });
  await expectNothing(world);
});

test('a store that refuses before it reads a byte leaves no tool running', async () => {
  await using folder = await temporaryFolder();
  const started = join(folder.path, 'pid');
  const script = `case "$*" in *--schema-only*) echo $$ >'${started}'; exec sleep 600 ;; *) exec "$real" "$@" ;; esac`;
  await using tools = await wrapTools({ pg_dump: script });
  await using world = await withTable(await dumpWorld({ binDir: tools.binDir }));
  const pid = async () => Number(await readFile(started, 'utf8').catch(() => ''));
  const store: BlobStore = {
    ...world.deps.store,
    async put(key, ...rest) {
      if (!key.includes('/schema.')) return world.deps.store.put(key, ...rest);
      await until(async () => (await pid()) > 0);
      throw new AppError('NotAllowed', 'no schema today');
    },
  };
  await expect(runDump({ ...world.deps, store }, { user, tables: ['t'] })).rejects.toThrow('no schema today');
  const left = await pid();
  expect(() => process.kill(left, 0)).toThrow('ESRCH');
  await expectNothing(world);
});

test('a tool that fails says why', async () => {
  await using tools = await wrapTools({ pg_dump: 'echo "pg_dump: error: no luck today" >&2; exit 3' });
  await using world = await withTable(await dumpWorld({ binDir: tools.binDir }));
  await expect(runDump(world.deps, { user })).rejects.toThrow('pg_dump exited with status 3: no luck today');
});

test('warnings do not fail a dump, and are shown', async () => {
  const script = '"$real" "$@"; status=$?; echo "pg_dump: warning: something is odd" >&2; exit $status';
  await using tools = await wrapTools({ pg_dump: script });
  await using world = await withTable(await dumpWorld({ binDir: tools.binDir }));
  const { warnings, manifest } = await runDump(world.deps, { user });
  expect(warnings).toEqual(['something is odd']);
  expect(await expectInvariants(world)).toEqual([manifest.dumpId]);
});

test('a dump without globals is a dump, with a warning', async () => {
  await using tools = await wrapTools({ pg_dumpall: 'echo "pg_dumpall: error: not for you" >&2; exit 1' });
  await using world = await withTable(await dumpWorld({ binDir: tools.binDir }));
  const { warnings, manifest } = await runDump(world.deps, { user });
  expect(manifest.objects.globals).toBeUndefined();
  expect(warnings).toEqual([
    expect.stringContaining('no globals in this dump: pg_dumpall exited with status 1: not for you'),
  ]);
  expect(await expectInvariants(world)).toEqual([manifest.dumpId]);
});
