import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BlobStore } from '@datasens/core/storage/blob-store.ts';
import { openStore } from '@datasens/core/storage/open-store.ts';
import { CLONE, type Datasens, datasensIn } from './command.ts';
import { correctRejects } from './correct-rejects.ts';
import { damageCopy } from './damage-copy.ts';
import { encryptDump } from './encrypt-dump.ts';
import { loadSamples } from './load-samples.ts';
import { psql, type Server, urlOf } from './psql.ts';
import { readProof } from './read-proof.ts';
import { rebuildAudit } from './rebuild-audit.ts';
import { rotateDumps } from './rotate-dumps.ts';
import { runHost } from './run-host.ts';
import { newestDump, refused, say } from './tell.ts';

/**
 * A tour of the command on a small database of its own. Fails unless every step does what it should. The dumps are in a
 * folder; with S3_ENDPOINT they are in the bucket of DATASENS_STORAGE there, which must exist.
 */
const home = resolve(CLONE, process.argv[2] ?? '.datasens/demo');
const endpoint = process.env.S3_ENDPOINT;
const location = endpoint
  ? (process.env.DATASENS_STORAGE ?? 's3://datasens/demo')
  : pathToFileURL(resolve(home, 'bucket')).href;
const settings: Readonly<Record<string, string>> = endpoint
  ? { S3_ENDPOINT: endpoint, DATASENS_STORAGE: location }
  : {};
const datasens = datasensIn(home, settings);

// Ctrl-C reaches the command as well: that it fails ends the demo, and the server is stopped all the same.
process.on('SIGINT', () => undefined);
try {
  await tour(datasens);
} catch (error) {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  say('Stop the embedded PostgreSQL.');
  await datasens(['embedded', 'stop']);
}

async function tour(datasens: Datasens): Promise<void> {
  const store = await openStore(location, { endpoint });
  say('Build a small database from examples/datasens, in a PostgreSQL of the demo’s own.');
  const server: Server = JSON.parse(await datasens(['embedded', 'start', '--json']));
  await loadSamples(server);

  say('Dump it. The bytes are stored, read back and compared before the dump counts.');
  await datasens(['dump', '--comment', 'Avant la mise à jour d’octobre']);

  say('Every dump is a row of the audit.');
  await datasens(['audit', '--limit', '5']);
  const dump = await newestDump(datasens);
  const id = String(dump.dumpId);

  say('The proof beside it says what a restore must bring back: rows, and a hash of their content.');
  console.log(`\n${await readProof(store, dump.key)}`);

  say('Is it still what was dumped?');
  await datasens(['verify', id]);

  say('Lose a table, and damage a column of another.');
  const sources = await digestOfSources(server);
  await psql(server, ['--quiet', '--command=drop table t07_document_theme']);
  await psql(server, ['--quiet', "--command=update t02_source set nom = 'écrasé ' || id_source"]);

  say('A restore replaces nothing unasked.');
  await refused(datasens, ['restore', id, '--json'], 'Conflict');

  say('Asked to, it does: in one transaction, which is committed once every row is back.');
  await datasens(['restore', id, '--in-place', '--clean', '--prove']);
  if ((await digestOfSources(server)) !== sources) throw new Error('the restore did not bring the sources back');

  const copy = `copie_${id}`;
  say('Into a new database, which has its name only once it is proven.');
  await datasens(['restore', id, '--into', urlOf(server, copy), '--prove']);

  const damaged = `${location}-damaged`;
  const { position } = await damageCopy(store, await openStore(damaged, { endpoint }), dump.key);
  say(`Damage a copy of the bucket: one byte of the dump, at ${position}. It must be refused, by either.`);
  const env = { DATASENS_STORAGE: damaged };
  await refused(datasens, ['verify', id, '--json'], 'CorruptDump', { env });
  await refused(datasens, ['restore', id, '--in-place', '--clean', '--json'], 'CorruptDump', { env });

  say('Nobody ever tried a restore? The newest dump of each lineage, into a scratch database, and gone again.');
  await datasens(['restore-test']);

  await importSamples(datasens, store);
  await encryptDump(datasens, { store, server, home });
  await rotateDumps(datasens, server);
  await runHost(datasens, { store, server, home, settings, id });

  say('All of this is in the journal, the refusals included, and the journal is hash-chained.');
  const events =
    'select seq, evenement, dump_id, utilisateur, left(detail, 90) as detail from t39_dump_evenement order by seq';
  console.log(`\n${(await psql(server, [`--command=${events}`])).trimEnd()}`);
  await datasens(['journal', 'verify']);
  await rebuildAudit(datasens, server);
  say(`All as it should be. The database is in ${home}, the dumps are in ${location}.`);
}

async function importSamples(datasens: Datasens, store: BlobStore): Promise<void> {
  const [october, november] = ['examples/datasens/releves-octobre.csv', 'examples/datasens/releves-novembre.csv'];
  const table = ['--table', 'releve'];
  say('Import a CSV: semicolons, decimal commas and a line break in a cell are found, the table is made for it.');
  await datasens(['import', october, ...table]);

  say('The same content again changes nothing, and names the first import.');
  await datasens(['import', october, ...table]);

  say('A file with bad rows is refused whole: nothing of it is loaded.');
  await refused(datasens, ['import', november, ...table, '--json'], 'TooManyRejects');

  say('Allowed to, it leaves them out, and keeps each with its line and the reason.');
  await datasens(['import', november, ...table, '--max-rejects', '5'], { expect: 3 });
  console.log('(exit status 3)');
  // It is known by now, and says so.
  const known = await datasens(['import', november, ...table, '--json'], { quiet: true });
  const { importId, rejectsUri } = JSON.parse(known);

  say('Correct them in a copy, and import those alone.');
  const corrected = join(home, 'corrected.ndjson');
  await writeFile(
    corrected,
    await correctRejects(store, rejectsUri, {
      'Lyon-Bron;2026-11-02;7,25': 'Lyon-Bron;2026-11-02;7,25;',
      'Brest-Guipavas;2026-11-02;n.c.;Capteur en panne': 'Brest-Guipavas;2026-11-02;;Capteur en panne',
    }),
  );
  await datasens(['import', corrected, '--rejects', String(importId)]);

  say(
    'Parquet goes into the same table, its decimals as exact as they are; JSON becomes a table, with jsonb for what is nested.',
  );
  await datasens(['import', 'examples/datasens/releves-decembre.parquet', ...table]);
  await datasens(['import', 'examples/datasens/stations.json', '--table', 'station']);
}

/** A digest of the column that the demo damages. */
async function digestOfSources(server: Server): Promise<string> {
  return psql(server, [
    '--tuples-only',
    '--no-align',
    '--command=select md5(string_agg(nom, chr(10) order by id_source)) from t02_source',
  ]);
}
