import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { lockImports } from '@datasens/core/audit/ledger.ts';
import { verifyJournal } from '@datasens/core/audit/verify-journal.ts';
import { until } from '@datasens/testkit/eventually.ts';
import { type ImportWorld, importWorld } from '@datasens/testkit/import-world.ts';
import { expect, test } from 'vitest';
import type { ImportChildInput } from './import.child.ts';

const child = fileURLToPath(new URL('./import.child.ts', import.meta.url));
const run = promisify(execFile);

/** Sessions of imports that wait for another. */
const waiting = async (world: ImportWorld) =>
  (
    await world.target.sql(
      `select from pg_stat_activity where datname = current_database() and application_name = 'datasens import'
         and wait_event_type = 'Lock'`,
    )
  ).length;

test('the same file from two processes at the same moment goes in once', async () => {
  await using world = await importWorld();
  const path = await world.file(`a,b\n${Array.from({ length: 5_000 }, (_, n) => `${n},x\n`).join('')}`);
  const input: ImportChildInput = { targetUrl: world.target.url, auditUrl: world.audit.server.url, path, step: 0 };
  const env = { ...process.env, ...world.audit.storage.env };
  const start = () => run(process.execPath, [child, JSON.stringify(input)], { env });

  // Both are held at the gate, so that neither can be done before the other begins.
  const both = await world.deps.db.transaction(async (gate) => {
    await lockImports(gate, { schema: 'public', name: 't' });
    const started = [start(), start()];
    await until(async () => (await waiting(world)) === 2);
    return { started };
  });
  await Promise.all(both.started);

  expect(await world.target.sql('select count(*)::int as n from t')).toEqual([{ n: 5_000 }]);
  expect(await world.target.sql('select count(*)::int as n from t40_import_registre')).toEqual([{ n: 1 }]);
  const events = await world.target.sql(`select evenement as event from t39_dump_evenement where seq > 1`);
  expect(events).toEqual([{ event: 'IMPORTE' }]);
  expect(await verifyJournal(world.deps)).toMatchObject({ ok: true });
});
