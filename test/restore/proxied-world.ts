import { listAbandonedDatabases } from '@datasens/core/audit/temporary-databases.ts';
import { verifyJournal } from '@datasens/core/audit/verify-journal.ts';
import { runDump } from '@datasens/core/dump/run-dump.ts';
import { quoteIdentifier } from '@datasens/core/postgres/quote.ts';
import { openSession } from '@datasens/core/postgres/session.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import type { RestoreDeps } from '@datasens/core/restore/restore-deps.ts';
import type { RestorePlan, RestoreRequest } from '@datasens/core/restore/restore-plan.ts';
import { ask } from '@datasens/testkit/ask.ts';
import { dumpText } from '@datasens/testkit/dump-text.ts';
import { type DumpWorld, dumpWorld } from '@datasens/testkit/dump-world.ts';
import { until } from '@datasens/testkit/eventually.ts';
import { type PacketProxy, packetProxy } from '@datasens/testkit/packet-proxy.ts';
import { startServer } from '@datasens/testkit/server.ts';
import { expect } from 'vitest';

/** In the order of how much stands in the target before. */
export const MODES = ['create', 'fill', 'in-place'] as const satisfies readonly RestorePlan['mode'][];
type Mode = (typeof MODES)[number];
/** What decides: after it everything is there. */
export const LAST_COMMAND = {
  create: /alter database .* rename to/,
  fill: /commit;/,
  'in-place': /commit;/,
} as const satisfies Record<Mode, RegExp>;

const TARGET = 'target';
const OCCUPIED = 'occupied';

/** A dump, and the database `target` on a server of its own, which a restore reaches through a proxy. */
export interface ProxiedWorld extends AsyncDisposable {
  readonly dump: DumpWorld;
  readonly proxy: PacketProxy;
  readonly deps: RestoreDeps;
  readonly request: RestoreRequest;
  /** Of the target, through the proxy and past it. */
  readonly targetUrl: { readonly proxied: string; readonly direct: string };
  /** Of the server's `postgres`, past the proxy. */
  readonly serverUrl: string;
  /** Makes the target what it is before a restore. */
  reset(): Promise<void>;
  /**
   * Waits until the server has noticed that all restores are gone, and says what the target is now: nothing but these
   * two will do.
   */
  outcome(): Promise<'as before' | 'restored'>;
  /** The databases that restores left behind, all of which are found as such. Drops them. */
  abandoned(): Promise<string[]>;
  /** The journal is whole. */
  expectJournal(): Promise<void>;
}

export interface ProxiedWorldOptions {
  readonly mode: Mode;
  readonly rows?: number;
  readonly settings?: Readonly<Record<string, string>>;
}

export async function proxiedWorld({ mode, rows = 100, settings = {} }: ProxiedWorldOptions): Promise<ProxiedWorld> {
  await using stack = new AsyncDisposableStack();
  const dump = stack.use(await dumpWorld());
  await dump.source.sql('create table bottle (id int primary key, name text not null, year int)');
  await dump.source.sql(
    `insert into bottle select i, md5(i::text), 1900 + i % 120 from generate_series(1, $1::int) as i`,
    [rows],
  );
  await dump.source.sql('create sequence ticket');
  await dump.source.sql(`select setval('ticket', 42)`);
  await dump.source.sql('create view old_bottle as select id, name from bottle where year < 1950');
  const { manifest } = await runDump(dump.deps, { user: 'claire' });
  const wanted = await dumpText(dump.source.url);

  const server = stack.use(await startServer({ tcp: true, settings }));
  const serverUrl = server.url();
  const proxy = stack.use(await packetProxy(server.url('postgres', { tcp: true })));
  if (mode === 'in-place') await createOccupied(serverUrl, server.url(OCCUPIED));
  const targetUrl = { direct: server.url(TARGET), proxied: proxy.url(server.url(TARGET, { tcp: true })) };

  const reset = async () => {
    await ask(serverUrl, `drop database if exists ${TARGET} with (force)`);
    if (mode === 'fill') await ask(serverUrl, `create database ${TARGET}`);
    if (mode === 'in-place') await ask(serverUrl, `create database ${TARGET} template ${OCCUPIED}`);
  };
  const look = async () => {
    const [there] = await ask(serverUrl, `select from pg_database where datname = '${TARGET}'`);
    return there && (await dumpText(targetUrl.direct));
  };
  await reset();
  const before = await look();
  const disposables = stack.move();
  return {
    dump,
    proxy,
    deps: {
      ...dump.deps,
      sources: new Map([...dump.deps.sources, [TARGET, parseDatabaseUrl(targetUrl.proxied, TARGET)]]),
    },
    request: {
      dump: String(manifest.dumpId),
      into: TARGET,
      user: 'claire',
      ...(mode === 'in-place' ? { inPlace: true, clean: true } : {}),
    },
    targetUrl,
    serverUrl,
    reset,
    async outcome() {
      await until(async () => (await restoreSessions(serverUrl)) === 0);
      expect(await ask(serverUrl, `select objid from pg_locks where locktype = 'advisory'`)).toEqual([]);
      const now = await look();
      if (now === before) return 'as before';
      expect(now).toBe(wanted);
      return 'restored';
    },
    async abandoned() {
      const left = await ask(
        serverUrl,
        `select datname::text from pg_database where datname like 'datasens_restore%' order by 1`,
      );
      await using session = await openSession(parseDatabaseUrl(serverUrl, 'server'), { applicationName: 'test' });
      const found = await listAbandonedDatabases(session);
      expect(found).toEqual(left.flat());
      for (const name of found) await ask(serverUrl, `drop database ${quoteIdentifier(name)}`);
      return found;
    },
    async expectJournal() {
      expect(await verifyJournal(dump.deps)).toMatchObject({ ok: true, problems: [] });
    },
    [Symbol.asyncDispose]: () => disposables.disposeAsync(),
  };
}

/** Numbers from 1 to `last`, evenly spread but for the last ones, at most ten and half of `count`, which are all there. */
export function spread(last: number, count: number): number[] {
  const ends = Math.min(10, count >> 1);
  const stride = Math.max(1, Math.ceil((last - ends) / (count - ends)));
  return Array.from({ length: last }, (_, index) => index + 1).filter((n) => n > last - ends || n % stride === 0);
}

/** Objects of the dump's names, and nothing that they hold in the dump. */
async function createOccupied(serverUrl: string, url: string): Promise<void> {
  await ask(serverUrl, `create database ${OCCUPIED}`);
  await ask(
    url,
    `create table bottle (id int primary key, cellar text); insert into bottle values (1, 'left'), (7, 'right');
     create view old_bottle as select cellar from bottle; create sequence ticket start 7`,
  );
}

async function restoreSessions(serverUrl: string): Promise<number> {
  const [row] = await ask(
    serverUrl,
    `select count(*)::int from pg_stat_activity where application_name like 'datasens %' and pid <> pg_backend_pid()`,
  );
  return Number(row?.[0]);
}
