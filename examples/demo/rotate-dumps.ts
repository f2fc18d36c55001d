import { setTimeout as delay } from 'node:timers/promises';
import type { Datasens } from './command.ts';
import { psql, type Server } from './psql.ts';
import { newestDump, refused, say } from './tell.ts';

/** Long enough for the dump to begin, short enough to be over by the time that the nights are. */
const TERM_MS = 10_000;
const NIGHTS = 9;

/** One dump whose legal term ends, and those of nine nights, of which seven stay; and what is left of the others. */
export async function rotateDumps(datasens: Datasens, server: Server): Promise<void> {
  const term = new Date(Math.ceil((Date.now() + TERM_MS) / 1_000) * 1_000);
  say('A dump may have a legal term, to the day or, for a demo, to the second.');
  await datasens(['dump', '--table', 't02_source', '--expires', term.toISOString().replace('.000', '')]);
  const { dumpId } = await newestDump(datasens);

  say(`Dumps of ${NIGHTS} nights: a lineage of their own, beside what was dumped by hand.`);
  const nightly = ['dump', '--purpose', 'scheduled', '--proof', 'counts'];
  for (let night = 1; night <= NIGHTS; night += 1) await datasens(nightly, { quiet: night > 1 });
  console.log(`(and ${NIGHTS - 1} more of them)`);

  await delay(Math.max(0, term.getTime() - Date.now()));
  say('Apply the retention rules: the last 7 of each lineage stay, and nothing does beyond its term.');
  await datasens(['expire']);
  const left = JSON.parse(await datasens(['audit', '--status', 'ACTIF', '--json', '--limit', '1000'], { quiet: true }));
  // All of them are younger than the first; an earlier demo may have left others.
  const nights = left.dumps.filter((dump: { dumpId: number }) => dump.dumpId > dumpId);
  if (nights.length !== 7) throw new Error(`expected 7 of the nights to be left, got ${nights.length}`);

  say('What has expired is gone in every version, and cannot be restored. Its row stays, and its certificate.');
  await refused(datasens, ['restore', String(dumpId), '--json'], 'InvalidInput', { status: 2 });
  const certificate = `select jsonb_pretty(detail::jsonb) from t39_dump_evenement
    where evenement = 'SUPPRIME' and dump_id = ${dumpId} order by seq desc limit 1`;
  console.log(`\n${await psql(server, ['--tuples-only', '--no-align', `--command=${certificate}`])}`);
}
