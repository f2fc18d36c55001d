import type { Queryable } from '../postgres/database.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import { listPages } from '../storage/list-pages.ts';
import { selectApprovals } from './approval-row.ts';
import { readFacts } from './dump-facts.ts';
import { selectDumps } from './dump-row.ts';
import { selectEntries } from './import-entry.ts';
import type { JournalEvent } from './journal-event.ts';
import { APPROVAL_TABLE, LEDGER_TABLE } from './tables.ts';

/** Of the lines, as the head of the journal says that the catalogue has it. */
export const CATALOGUE_FORMAT = 1;

const FOLDERS = { dumps: 'catalog/dumps/', imports: 'catalog/imports/', approvals: 'catalog/approvals/' } as const;
type Kind = keyof typeof FOLDERS;

/** An event writes one object anew, which stays small; whoever reads all of them reads few. */
const SHARD = 1_000;

/** The first ids of the shards, by what is in them. */
export type Shards = Readonly<Record<Kind, ReadonlySet<number>>>;

/** The shards whose lines the events may have changed. */
export function shardsOf(events: readonly JournalEvent[]): Shards {
  const dumps = new Set<number>();
  const imports = new Set<number>();
  const approvals = new Set<number>();
  for (const { dumpId, changes } of events) {
    // What happens to a dump may show without a change of its row: that it is proven, damaged or held.
    if (dumpId !== null) dumps.add(firstOf(dumpId));
    for (const { table, row } of changes) {
      if (table === LEDGER_TABLE) imports.add(firstOf(Number(row.import_id)));
      else if (table === APPROVAL_TABLE) approvals.add(firstOf(Number(row.approbation_id)));
      else dumps.add(firstOf(Number(row.dump_id)));
    }
  }
  return { dumps, imports, approvals };
}

/** All shards that there are lines for. */
export async function listShards(tx: Queryable): Promise<Shards> {
  const firsts = async (table: string, id: string) => {
    const { rows } = await tx.query<{ first: number }>(
      `select distinct greatest(${id} / ${SHARD}, 0) * ${SHARD}::bigint as first from ${table} order by first`,
    );
    return new Set(rows.map(({ first }) => first));
  };
  return {
    dumps: await firsts('t38_dump_audit', 'dump_id'),
    imports: await firsts(LEDGER_TABLE, 'import_id'),
    approvals: await firsts(APPROVAL_TABLE, 'approbation_id'),
  };
}

/**
 * Writes the shards from the rows as they now stand. The caller holds the lock of the mirror, so that of two who write
 * a shard the later one has read the later rows.
 */
export async function writeShards(
  tx: Queryable,
  { store, signal }: { readonly store: BlobStore; readonly signal: AbortSignal },
  shards: Shards,
): Promise<void> {
  const put = async (key: string, lines: readonly object[]) => {
    signal.throwIfAborted();
    if (lines.length === 0) await store.delete(key, { signal });
    else await store.put(key, [Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))], { signal });
  };
  for (const first of shards.dumps) await put(shardKey('dumps', first), await dumpLines(tx, first));
  for (const first of shards.imports) await put(shardKey('imports', first), await importLines(tx, first));
  for (const first of shards.approvals) await put(shardKey('approvals', first), await approvalLines(tx, first));
}

/** The same with the entire catalogue; objects that it has no lines for go. */
export async function writeCatalogue(
  tx: Queryable,
  deps: { readonly store: BlobStore; readonly signal: AbortSignal },
): Promise<Shards> {
  const shards = await listShards(tx);
  await writeShards(tx, deps, shards);
  for (const kind of Object.keys(FOLDERS) as Kind[]) {
    const keys = new Set([...shards[kind]].map((first) => shardKey(kind, first)));
    for await (const page of listPages(deps.store, FOLDERS[kind], { signal: deps.signal })) {
      for (const { key } of page) if (!keys.has(key)) await deps.store.delete(key, { signal: deps.signal });
    }
  }
  return shards;
}

/** Twelve digits, so that a listing is in the order of the ids. */
function shardKey(kind: Kind, first: number): string {
  return `${FOLDERS[kind]}${String(first).padStart(12, '0')}.jsonl`;
}

/** Ids below 0, which only somebody's own rows have, are with the first ones. */
function firstOf(id: number): number {
  return Math.max(0, Math.floor(id / SHARD) * SHARD);
}

function rangeOf(first: number): readonly number[] {
  return [first === 0 ? Number.MIN_SAFE_INTEGER : first, first + SHARD];
}

/** Each property on every line: what reads them finds the same types in each shard. */
async function dumpLines(tx: Queryable, first: number): Promise<object[]> {
  const dumps = await selectDumps(
    tx,
    'where dump_id >= $1::bigint and dump_id < $2::bigint order by dump_id',
    rangeOf(first),
  );
  const factsOf = await readFacts(
    tx,
    dumps.map(({ dumpId }) => dumpId),
  );
  return dumps.map((dump) => {
    const { registered, proven, damaged, heldUntil } = factsOf(dump.dumpId);
    const until = heldUntil === 'released' ? null : heldUntil;
    return { ...dump, registered, proven, damaged, held: heldUntil !== null, heldUntil: until };
  });
}

async function importLines(tx: Queryable, first: number): Promise<object[]> {
  return await selectEntries(
    tx,
    'where import_id >= $1::bigint and import_id < $2::bigint order by import_id',
    rangeOf(first),
  );
}

async function approvalLines(tx: Queryable, first: number): Promise<object[]> {
  const clause = 'where approbation_id >= $1::bigint and approbation_id < $2::bigint order by approbation_id';
  return await selectApprovals(tx, clause, rangeOf(first));
}
