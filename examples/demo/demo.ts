import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CLONE, type Datasens, datasensIn } from './command.ts';
import { damageCopy } from './damage-copy.ts';
import { loadSamples } from './load-samples.ts';
import { readProof } from './read-proof.ts';

/** A tour of the command on a small database of its own. Fails unless every step does what it should. */
const home = resolve(CLONE, process.argv[2] ?? '.datasens/demo');
const bucket = resolve(home, 'bucket');
const datasens = datasensIn(home);

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
  say('Build a small database from examples/datasens, in a PostgreSQL of the demo’s own.');
  await loadSamples(datasens);

  say('Dump it. The bytes are stored, read back and compared before the dump counts.');
  await datasens(['dump', '--comment', 'Avant la mise à jour d’octobre']);

  say('Every dump is a row of the audit.');
  await datasens(['audit', '--limit', '5']);
  const [dump] = JSON.parse(await datasens(['audit', '--limit', '1', '--json'], { quiet: true })).dumps;
  const id = String(dump.dumpId);

  say('The proof beside it says what a restore must bring back: rows, and a hash of their content.');
  console.log(`\n${await readProof(bucket, dump.key)}`);

  say('Is it still what was dumped?');
  await datasens(['verify', id]);

  const copy = resolve(home, 'damaged-copy');
  const { position } = await damageCopy(bucket, copy, dump.key);
  say(`Damage a copy of the bucket: one byte of the dump, at ${position}. It must be refused.`);
  const env = { DATASENS_STORAGE: pathToFileURL(copy).href };
  const refusal = JSON.parse(await datasens(['verify', id, '--json'], { env, expect: 1 }));
  if (refusal.error.name !== 'CorruptDump') throw new Error(`expected CorruptDump, got ${refusal.error.name}`);
  console.log('(exit status 1)');

  say('All of this is in the journal, the refusal included, and the journal is hash-chained.');
  await datasens(['journal', 'verify']);
  say(`All as it should be. The database and the bucket are in ${home}.`);
}

function say(text: string): void {
  console.log(`\n── ${text}`);
}
