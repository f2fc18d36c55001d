import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { listDumps } from '@datasens/core/audit/list-dumps.ts';
import { verifyJournal } from '@datasens/core/audit/verify-journal.ts';
import { runImport } from '@datasens/core/import/run-import.ts';
import { openFileSource } from '@datasens/core/import/source/file-source.ts';
import type { Source } from '@datasens/core/import/source/source.ts';
import { until } from '@datasens/testkit/eventually.ts';
import { changesAmong } from '@datasens/testkit/fault.ts';
import { type ImportWorld, importWorld } from '@datasens/testkit/import-world.ts';
import { parquetFile, plain } from '@datasens/testkit/parquet/parquet-file.ts';
import { startServer } from '@datasens/testkit/server.ts';
import { describe, expect, inject, test } from 'vitest';
import type { ImportChildInput } from './import.child.ts';

const child = fileURLToPath(new URL('./import.child.ts', import.meta.url));
const run = promisify(execFile);

/** Its steps, or nothing for one that was killed. */
async function importInChild({ audit }: ImportWorld, input: ImportChildInput): Promise<string[] | undefined> {
  const env = { ...process.env, ...audit.storage.env };
  try {
    const { stdout } = await run(process.execPath, [child, JSON.stringify(input)], { env });
    return JSON.parse(stdout) as string[];
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
  until(
    async () =>
      (
        await world.target.sql(
          `select from pg_stat_activity where datname = current_database() and application_name = 'datasens import'`,
        )
      ).length === 0,
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

type Format = 'CSV' | 'NDJSON' | 'Parquet';

const numbers = (rows: number) => Array.from({ length: rows }, (_, n) => n);

/** Files of `rows` good rows and one that cannot be read or stored. */
const CONTENTS: Readonly<Record<Format, (rows: number) => string | Buffer>> = {
  CSV: (rows) =>
    `a,b\n${numbers(rows)
      .map((n) => `${n},x\n`)
      .join('')}1,2,3\n`,
  NDJSON: (rows) =>
    `${numbers(rows)
      .map((n) => `{"a":${n},"b":"x"}\n`)
      .join('')}{"a":\n`,
  // The NUL sends it from the fast path to the tolerant one.
  Parquet: (rows) => parquetOf([...numbers(rows).map(String), 'nul\0'], rows + 1),
};

/** Of texts, in row groups. */
function parquetOf(texts: readonly string[], rowsInGroup: number): Buffer {
  const groups = Array.from({ length: Math.ceil(texts.length / rowsInGroup) }, (_, n) =>
    texts.slice(n * rowsInGroup, (n + 1) * rowsInGroup),
  );
  return parquetFile({
    schema: [{ name: 'a', type: 'BYTE_ARRAY', converted: 0 }],
    groups: groups.map((group) => ({
      rows: group.length,
      chunks: [{ pages: [{ count: group.length, body: plain.bytes(group) }] }],
    })),
  });
}

const WAYS: readonly (readonly [Format, auditElsewhere: boolean])[] = [
  ['CSV', false],
  ['CSV', true],
  ['NDJSON', false],
  ['Parquet', false],
];

/**
 * Whoever is killed in between has read, or has asked, and has changed nothing since; but the target, which is no step. The
 * formats differ in how a file is read.
 */
function stepsToDie(taken: readonly string[], format: Format): number[] {
  const reads = taken.flatMap((name, index) => (name.startsWith('source ') ? [index, index + 1] : []));
  const changes = format === 'CSV' ? changesAmong(taken).flatMap((step) => [step - 1, step]) : [];
  return [...new Set([...reads, ...changes])].filter((step) => step > 0).sort((a, b) => a - b);
}

// The file is one of this machine, and the places of the audit are databases, whatever the store is.
describe.for(WAYS.filter((_, index) => index === 0 || inject('storeKind') === 'file'))(
  '%s with the audit elsewhere: %s',
  ([format, auditElsewhere]) => {
    test('killed after any step, an import is whole or not there, and the same again converges', async () => {
      const dieAfter = async (step: number): Promise<string[] | undefined> => {
        await using world = await importWorld({ auditElsewhere });
        const path = await world.file(CONTENTS[format](1_000));
        const input = { targetUrl: world.target.url, auditUrl: world.audit.server.url, path, step };
        const taken = await importInChild(world, input);
        await expectWhole(world, 1_000);
        if (taken) return taken;
        const result = await world.loadFile(path, { maxRejects: 1 });
        expect(result.duplicateOf === undefined ? result.rowsInserted : result.duplicateOf.rowsInserted).toBe(1_000);
        await expectWhole(world, 1_000);
        expect(await count(world, 't')).toBe(1_000);
        const { dumps } = await listDumps(world.audit.db, { type: 'IMPORT' }, { limit: 10 });
        expect(dumps).toMatchObject([{ dumpId: result.dumpId, sha256: result.sha256 }]);
        const imported = await world.audit.server.sql(`select 1 from t39_dump_evenement where evenement = 'IMPORTE'`);
        expect(imported).toHaveLength(1);
        return undefined;
      };
      const steps = stepsToDie((await dieAfter(0)) ?? [], format);
      // For reading; and for rejecting, entering and mirroring.
      expect(steps.length).toBeGreaterThan(format === 'CSV' ? 15 : 4);
      for (const step of steps) expect(await dieAfter(step)).toBeUndefined();
    }, 600_000);
  },
);

// It is the databases that are cut off there.
if (inject('storeKind') === 'file') describe('in the middle of the rows', cutOffMidway);

function cutOffMidway(): void {
  /** Imports a large file, with `meddle` in the middle of the load. */
  async function meddleMidway(world: ImportWorld, path: string, meddle: () => Promise<void>): Promise<unknown> {
    await using file = await openFileSource(path);
    let passes = 0;
    let isDone = false;
    const source: Source = {
      ...file,
      async *read(options) {
        passes += 1;
        let chunks = 0;
        const { start = 0, end = file.sizeBytes } = options?.range ?? {};
        for await (const chunk of file.read(options)) {
          chunks += 1;
          // The first passes are the looks at the beginning and the end; of Parquet row groups are read, and the footer is not meant.
          const isRows =
            options?.range === undefined ? chunks === 3 : start > file.sizeBytes / 2 && end < file.sizeBytes - 1;
          if (isRows && passes > 1 && !isDone) {
            isDone = true;
            await meddle();
          }
          yield chunk;
        }
      },
    };
    const request = { source, into: 'default', table: 't', ifExists: 'append', user: 'claire' } as const;
    return await runImport(world.deps, request).catch((error: unknown) => error);
  }

  const ROWS = 200_000;
  const large = `a,b\n${numbers(ROWS)
    .map((n) => `${n},"row ${n}"\n`)
    .join('')}`;
  const FILES: Readonly<Record<Format, string | Buffer>> = {
    CSV: large,
    NDJSON: numbers(ROWS)
      .map((n) => `{"a":${n},"b":"row ${n}"}\n`)
      .join(''),
    Parquet: parquetOf(
      numbers(ROWS).map((n) => `row ${n}`),
      10_000,
    ),
  };
  const formats = Object.keys(FILES) as Format[];

  test.for(formats)(
    'a server that ends the session leaves nothing, and the same again loads all: %s',
    async (format) => {
      await using world = await importWorld();
      const path = await world.file(FILES[format]);
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
    },
  );

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

  test.for(formats)('a source that breaks off leaves nothing, and the same again loads all: %s', async (format) => {
    await using world = await importWorld();
    const path = await world.file(FILES[format]);
    const outcome = await meddleMidway(world, path, async () => {
      throw new Error('the line is cut');
    });
    expect(outcome).toMatchObject({ message: 'the line is cut' });
    await expectWhole(world, 200_000);
    expect(await count(world, 't')).toBe(0);
    expect(await world.loadFile(path)).toMatchObject({ rowsInserted: 200_000 });
  });

  test.for(formats)('a caller who interrupts leaves nothing: %s', async (format) => {
    await using world = await importWorld();
    const path = await world.file(FILES[format]);
    const interruption = new AbortController();
    const interrupted = { ...world, deps: { ...world.deps, signal: interruption.signal } };
    const outcome = await meddleMidway(interrupted, path, async () => interruption.abort(new Error('enough')));
    expect(outcome).toMatchObject({ message: 'enough' });
    await expectWhole(world, 200_000);
    expect(await count(world, 't')).toBe(0);
  });
}
