import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { listDumps } from '@datasens/core/audit/list-dumps.ts';
import { verifyJournal } from '@datasens/core/audit/verify-journal.ts';
import { runImport } from '@datasens/core/import/run-import.ts';
import { openFileSource } from '@datasens/core/import/source/file-source.ts';
import type { Source } from '@datasens/core/import/source/source.ts';
import { type ImportWorld, importWorld } from '@datasens/testkit/import-world.ts';
import { startServer } from '@datasens/testkit/server.ts';
import { describe, expect, test, vi } from 'vitest';
import type { ImportChildInput } from './import.child.ts';

const child = fileURLToPath(new URL('./import.child.ts', import.meta.url));
const run = promisify(execFile);

/** The number of steps, or nothing for one that was killed. */
async function importInChild({ audit }: ImportWorld, input: ImportChildInput): Promise<number | undefined> {
  const env = { ...process.env, ...audit.storage.env };
  try {
    const { stdout } = await run(process.execPath, [child, JSON.stringify(input)], { env });
    return Number(stdout);
  } catch (error) {
    const { signal, stderr } = error as { signal?: string; stderr?: string };
    if (signal === 'SIGKILL') return undefined;
    throw new Error(stderr, { cause: error });
  }
}

const count = async (world: ImportWorld, table: string) => {
  const [row] = await world.target.sql<{ there: boolean }>('select to_regclass($1) is not null as there', [table]);
  if (!row?.there) return 0;
  return (await world.target.sql<{ n: number }>(`select count(*)::int as n from ${table}`))[0]?.n;
};

const noSessions = (world: ImportWorld) =>
  vi.waitUntil(
    async () =>
      (
        await world.target.sql(
          `select from pg_stat_activity where datname = current_database() and application_name = 'datasens import'`,
        )
      ).length === 0,
    { timeout: 60_000 },
  );

/** Rows and ledger are both there or both not; what the audit has, the ledger has. */
async function expectWhole(world: ImportWorld, rows: number): Promise<void> {
  await noSessions(world);
  const entries = await count(world, 't40_import_registre');
  expect(await count(world, 't')).toBe((entries ?? 0) * rows);
  const { dumps } = await listDumps(world.audit.db, { type: 'IMPORT' }, { limit: 10 });
  expect(dumps.length).toBeLessThanOrEqual(entries ?? 0);
  expect(await verifyJournal(world.deps)).toMatchObject({ ok: true, problems: [] });
}

/** A file of a header, `rows` good rows and one that cannot be read. */
const contentOf = (rows: number) => `a,b\n${Array.from({ length: rows }, (_, n) => `${n},x\n`).join('')}1,2,3\n`;

describe.for([false, true])('with the audit elsewhere: %s', (auditElsewhere) => {
  test('killed after any step, an import is whole or not there, and the same again converges', async () => {
    for (let step = 1; ; step += 1) {
      await using world = await importWorld({ auditElsewhere });
      const path = await world.file(contentOf(1_000));
      const input = { targetUrl: world.target.url, auditUrl: world.audit.server.url, path, step };
      const steps = await importInChild(world, input);
      await expectWhole(world, 1_000);
      if (steps !== undefined) {
        // Every step had its turn, and there were enough for reading, rejecting, entering and mirroring.
        expect(steps).toBe(step - 1);
        expect(step).toBeGreaterThan(10);
        return;
      }
      const result = await world.loadFile(path, { maxRejects: 1 });
      expect(result.duplicateOf === undefined ? result.rowsInserted : result.duplicateOf.rowsInserted).toBe(1_000);
      await expectWhole(world, 1_000);
      expect(await count(world, 't')).toBe(1_000);
      const { dumps } = await listDumps(world.audit.db, { type: 'IMPORT' }, { limit: 10 });
      expect(dumps).toMatchObject([{ dumpId: result.dumpId, sha256: result.sha256 }]);
      const imported = await world.audit.server.sql(`select 1 from t39_dump_evenement where evenement = 'IMPORTE'`);
      expect(imported).toHaveLength(1);
    }
  }, 600_000);
});

describe('in the middle of the rows', () => {
  /** Imports a large file, with `meddle` after its first chunk of the load. */
  async function meddleMidway(world: ImportWorld, path: string, meddle: () => Promise<void>): Promise<unknown> {
    await using file = await openFileSource(path);
    let passes = 0;
    const source: Source = {
      ...file,
      async *read(options) {
        passes += 1;
        let chunks = 0;
        for await (const chunk of file.read(options)) {
          chunks += 1;
          // The first passes are the looks at the beginning and the end.
          if (options?.range === undefined && passes > 1 && chunks === 3) await meddle();
          yield chunk;
        }
      },
    };
    const request = { source, into: 'default', table: 't', ifExists: 'append', user: 'claire' } as const;
    return await runImport(world.deps, request).catch((error: unknown) => error);
  }

  const large = `a,b\n${Array.from({ length: 200_000 }, (_, n) => `${n},"row ${n}"\n`).join('')}`;

  test('a server that ends the session leaves nothing, and the same again loads all', async () => {
    await using world = await importWorld();
    const path = await world.file(large);
    let meddled = 0;
    const outcome = await meddleMidway(world, path, async () => {
      meddled += 1;
      await world.target.sql(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'datasens import'
           and datname = current_database()`,
      );
    });
    expect(meddled).toBe(1);
    expect(outcome).toMatchObject({ name: 'Transient' });
    await expectWhole(world, 200_000);
    expect(await count(world, 't')).toBe(0);
    expect(await world.loadFile(path)).toMatchObject({ rowsInserted: 200_000 });
  });

  test('a server that is restarted leaves nothing, and the same again loads all', async () => {
    await using server = await startServer();
    await using world = await importWorld({ auditElsewhere: true, serverUrl: server.url() });
    const path = await world.file(large);
    const outcome = await meddleMidway(world, path, async () => {
      await server.kill9();
      await server.start();
    });
    expect(outcome).toMatchObject({ name: 'Transient' });
    await expectWhole(world, 200_000);
    expect(await count(world, 't')).toBe(0);
    expect(await world.loadFile(path)).toMatchObject({ rowsInserted: 200_000 });
    await expectWhole(world, 200_000);
  });

  test('a source that breaks off leaves nothing, and the same again loads all', async () => {
    await using world = await importWorld();
    const path = await world.file(large);
    const outcome = await meddleMidway(world, path, async () => {
      throw new Error('the line is cut');
    });
    expect(outcome).toMatchObject({ message: 'the line is cut' });
    await expectWhole(world, 200_000);
    expect(await count(world, 't')).toBe(0);
    expect(await world.loadFile(path)).toMatchObject({ rowsInserted: 200_000 });
  });

  test('a caller who interrupts leaves nothing', async () => {
    await using world = await importWorld();
    const path = await world.file(large);
    const interruption = new AbortController();
    const interrupted = { ...world, deps: { ...world.deps, signal: interruption.signal } };
    const outcome = await meddleMidway(interrupted, path, async () => interruption.abort(new Error('enough')));
    expect(outcome).toMatchObject({ message: 'enough' });
    await expectWhole(world, 200_000);
    expect(await count(world, 't')).toBe(0);
  });
});
