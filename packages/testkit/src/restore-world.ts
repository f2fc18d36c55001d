import { randomInt } from 'node:crypto';
import type { SourceDeps } from '@datasens/core/deps.ts';
import { parseDatabaseUrl } from '@datasens/core/postgres/target.ts';
import type { RestoreResult } from '@datasens/core/restore/carry-out.ts';
import type { RestoreRequest } from '@datasens/core/restore/restore-plan.ts';
import { runRestore } from '@datasens/core/restore/run-restore.ts';
import { expect } from 'vitest';
import { ask } from './ask.ts';
import { dumpText } from './dump-text.ts';
import { type DumpWorld, type DumpWorldOptions, dumpWorld } from './dump-world.ts';

/** What a test asks for, the target by its URL; the latest dump is the one that is meant where none is named. */
export type TestRequest = Omit<RestoreRequest, 'dump' | 'into' | 'user'> & { readonly dump?: string };

export interface Failure {
  /** The literal error name. */
  readonly name: string;
  /** What its message says, among others. */
  readonly says: readonly string[];
  /** The events that the attempt leaves in the journal: none where it was refused before anything was touched. */
  readonly journalled?: readonly string[];
}

/** A `dumpWorld` whose dump_ids no other test has: databases on the shared server are named by them. */
export async function restoreWorld(options: DumpWorldOptions = {}): Promise<DumpWorld> {
  const world = await dumpWorld(options);
  await world.audit.server.sql(
    `alter table t38_dump_audit alter dump_id restart with ${randomInt(10_000_000, 2_000_000_000)}`,
  );
  return world;
}

/** Restores into the database of `url`. */
export async function restoreInto(
  world: DumpWorld,
  url: string,
  { dump, ...request }: TestRequest = {},
): Promise<RestoreResult> {
  return runRestore(withTarget(world.deps, url), {
    ...request,
    dump: dump ?? (await latestDump(world)),
    into: 'target',
    user: 'paul',
  });
}

/** Expects that the restore fails so, and that the target is to the letter what it was, or is not there still. */
export async function expectFailure(
  world: DumpWorld,
  url: string,
  request: TestRequest,
  { name, says, journalled = [] }: Failure,
): Promise<void> {
  const [before, events, databases] = [await textOf(url), await eventsOf(world), await leftDatabases(world, url)];
  const error = await restoreInto(world, url, request).catch((reason: unknown) => reason);
  expect.soft(error).toMatchObject({ name, message: expect.any(String) });
  for (const part of says) expect.soft((error as Error).message).toContain(part);
  expect.soft((await eventsOf(world)).slice(events.length)).toEqual(journalled);
  expect.soft((await leftDatabases(world, url)).filter((left) => !databases.includes(left))).toEqual([]);
  expect(await textOf(url)).toBe(before);
}

/** The events in the journal, in order. */
export async function eventsOf({ audit }: DumpWorld): Promise<string[]> {
  const rows = await audit.server.sql<{ event: string }>(
    'select evenement as event from t39_dump_evenement order by seq',
  );
  return rows.map(({ event }) => event);
}

/** `pg_dump` of the database; undefined where there is none. */
export async function textOf(url: string): Promise<string | undefined> {
  const found = await ask(
    maintenance(url),
    `select from pg_database where datname = $$${parseDatabaseUrl(url, 'test').database}$$`,
  );
  return found.length === 0 ? undefined : dumpText(url);
}

/** The source settings, with the database of `url` as `target`. */
export function withTarget(deps: SourceDeps, url: string): SourceDeps {
  return { ...deps, sources: new Map([...deps.sources, ['target', parseDatabaseUrl(url, 'target')]]) };
}

async function latestDump({ audit }: DumpWorld): Promise<string> {
  const [row] = await audit.server.sql<{ id: string }>(
    `select max(dump_id)::text as id from t39_dump_evenement where evenement = 'CREE'`,
  );
  return row?.id ?? '';
}

/** Temporary databases of restores of the world's dumps. */
async function leftDatabases({ audit }: DumpWorld, url: string): Promise<string[]> {
  const dumps = await audit.server.sql<{ id: string }>(
    `select distinct dump_id::text as id from t39_dump_evenement where evenement = 'CREE'`,
  );
  const ids = dumps.map(({ id }) => id);
  const rows = await ask(
    maintenance(url),
    `select datname from pg_database where datname ~ '^datasens_restore_(${ids.join('|')})_'`,
  );
  return rows.map(([name]) => String(name));
}

function maintenance(url: string): string {
  const postgres = new URL(url);
  postgres.pathname = '/postgres';
  return postgres.href;
}
