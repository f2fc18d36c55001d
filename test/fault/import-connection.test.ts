import { verifyJournal } from '@datasens/core/audit/verify-journal.ts';
import type { ImportDeps } from '@datasens/core/import/import-request.ts';
import { runImport } from '@datasens/core/import/run-import.ts';
import { openFileSource } from '@datasens/core/import/source/file-source.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import { until } from '@datasens/testkit/eventually.ts';
import { type ImportWorld, importWorld } from '@datasens/testkit/import-world.ts';
import { type Moment, type PacketProxy, packetProxy } from '@datasens/testkit/packet-proxy.ts';
import { startServer } from '@datasens/testkit/server.ts';
import { expect, test } from 'vitest';

const MOMENTS: readonly Moment[] = ['before', 'sent', 'answered'];
const ROWS = 1_000;
/** The statement, as the protocol sends it. */
const COMMIT = /^Q[\s\S]{4}commit\0$/;

interface CutWorld extends AsyncDisposable {
  readonly world: ImportWorld;
  /** Between the import and its target. */
  readonly proxy: PacketProxy;
  /** `loaded`, or the error that the caller is told. */
  load(signal?: AbortSignal): Promise<unknown>;
  /** What there is, once the server has noticed that the import is gone: nothing but these two will do. */
  outcome(): Promise<'nothing' | 'loaded'>;
  /** The table is gone, and can be imported once more. */
  reset(): Promise<void>;
}

async function cutWorld(auditElsewhere: boolean): Promise<CutWorld> {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startServer({ tcp: true }));
  const world = stack.use(await importWorld({ auditElsewhere, serverUrl: server.url() }));
  const url = server.url(world.target.name, { tcp: true });
  const proxy = stack.use(await packetProxy(url));
  const target = parseDatabaseUrl(proxy.url(url), 'target');
  const deps: ImportDeps = { ...world.deps, sources: new Map([['default', target]]) };
  const path = await world.file(`a,b\n${Array.from({ length: ROWS }, (_, n) => `${n},x\n`).join('')}`);
  const sql = world.target.sql;
  const disposables = stack.move();
  return {
    world,
    proxy,
    async load(signal = deps.signal) {
      await using source = await openFileSource(path);
      const request = { source, into: 'default', table: 't', ifExists: 'append', user: 'claire' } as const;
      return await runImport({ ...deps, signal }, request).then(
        ({ rowsInserted }) => (rowsInserted === ROWS ? 'loaded' : rowsInserted),
        (error: unknown) => error,
      );
    },
    async outcome() {
      const left = `select from pg_stat_activity where datname = current_database() and application_name = 'datasens import'`;
      await until(async () => (await sql(left)).length === 0);
      const [there] = await sql<{ t: string | null }>(`select to_regclass('t')::text as t`);
      const entries = await sql(`select from t40_import_registre where statut = 'ACTIF'`);
      expect(entries).toHaveLength(there?.t ? 1 : 0);
      if (!there?.t) return 'nothing';
      expect(await sql('select count(*)::int as n from t')).toEqual([{ n: ROWS }]);
      return 'loaded';
    },
    async reset() {
      await sql('drop table if exists t');
      await sql(`update t40_import_registre set statut = 'ANNULE'`);
    },
    [Symbol.asyncDispose]: () => disposables.disposeAsync(),
  };
}

test.for([false, true])(
  'cut off at any step, the rows are in or are not, and the caller knows which; with the audit elsewhere: %s',
  { timeout: 300_000 },
  async (auditElsewhere) => {
    await using cut = await cutWorld(auditElsewhere);
    const { proxy, world } = cut;
    // The first makes the ledger, the second has as many steps as all that follow.
    for (const _ of [1, 2]) {
      await cut.reset().catch(() => undefined);
      proxy.set();
      expect(await cut.load()).toBe('loaded');
    }
    const { chunks } = proxy;
    const outcomes = { nothing: 0, loaded: 0 };
    for (let at = 1; at <= chunks; at += 1) {
      await cut.reset();
      proxy.set({ at, moment: MOMENTS[at % MOMENTS.length] ?? 'sent', action: () => proxy.cut() });
      const told = await cut.load();
      const outcome = await cut.outcome();
      outcomes[outcome] += 1;
      if (outcome === 'loaded') expect(told, `chunk ${at}`).toBe('loaded');
      else expect(told, `chunk ${at}`).toMatchObject({ name: 'Transient' });
    }
    expect(outcomes.nothing).toBeGreaterThan(10);
    expect(outcomes.loaded).toBeGreaterThan(0);
    await cut.reset();
    proxy.set();
    expect(await cut.load()).toBe('loaded');
    // Whatever was cut off: what the ledger has, the audit has, once.
    const [ledger] = await world.target.sql('select count(*)::int as n from t40_import_registre');
    const count = `select count(*)::int as n from t39_dump_evenement where evenement = 'IMPORTE'`;
    expect(await world.audit.server.sql(count)).toEqual([ledger]);
    expect(await verifyJournal(world.deps)).toMatchObject({ ok: true, problems: [] });
  },
);

test.for(MOMENTS)(
  'when the connection is lost at the commit, the server is asked, and the truth is told: %s',
  async (moment) => {
    await using cut = await cutWorld(false);
    await cut.load();
    await cut.reset();
    cut.proxy.set({ at: COMMIT, moment, action: () => cut.proxy.cut() });
    const told = await cut.load();
    expect(cut.proxy.sprung).toBe(true);
    const outcome = await cut.outcome();
    if (moment === 'answered') expect(outcome).toBe('loaded');
    if (outcome === 'loaded') expect(told).toBe('loaded');
    else expect(told).toMatchObject({ name: 'Transient' });
  },
);

test('an interrupt that comes too late is not taken for a failure', async () => {
  await using cut = await cutWorld(false);
  await cut.load();
  await cut.reset();
  const interrupt = new AbortController();
  cut.proxy.set({ at: COMMIT, moment: 'answered', action: () => interrupt.abort() });
  expect(await cut.load(interrupt.signal)).toBe('loaded');
  expect(cut.proxy.sprung).toBe(true);
  expect(await cut.outcome()).toBe('loaded');
});
