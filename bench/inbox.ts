import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { ask } from '@datasens/testkit/ask.ts';
import { startServer } from '@datasens/testkit/server.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { formatResult } from './report.ts';
import { type BenchResult, machine, row, writeResult } from './result.ts';

/**
 * What it takes to have small files in tables that are all dropped into the inbox of a host at once, and what a host
 * takes that has nothing to do.
 *
 *     npm run bench:inbox -- [--files N]
 */
const { values } = parseArgs({ options: { files: { type: 'string', default: '1000' } } });
const FILES = Number(values.files);
const ROWS = 20;
const IDLE_SECONDS = 60;
const COMMAND = join(import.meta.dirname, '../packages/cli/bin/datasens.js');
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4_096;

const before = machine();
await using server = await startServer({ settings: { track_commit_timestamp: 'on' } });
await ask(server.url(), 'create database bench');
const url = server.url('bench');
await using folder = await temporaryFolder();
const home = join(folder.path, 'home');
const bucket = join(home, 'bucket');
const staging = join(folder.path, 'staging');
const inbox = join(bucket, 'inbox/public.t');
for (const path of [staging, inbox]) await mkdir(path, { recursive: true });
const names = Array.from({ length: FILES }, (_, n) => `${n}.csv`);
for (const [n, name] of names.entries()) await writeFile(join(staging, name), textOf(n));

const copied = await copyWithPsql();
const host = await startHost();
// It is ready, and so are its functions: what is measured is not their first start.
await writeFile(join(inbox, 'first.csv'), textOf(FILES));
while ((await imported()) < 1) await delay(100);
await delay(2_000);
const idle = await measureIdle();
const started = Date.now();
const dropped = new Map<string, number>();
for (const name of names) {
  await rename(join(staging, name), join(inbox, name));
  dropped.set(name, Date.now());
}
let peakMb = 0;
for (let done = 1; done < FILES + 1; done = await imported()) {
  peakMb = Math.max(peakMb, await memoryMb());
  console.error(`${done - 1} of ${FILES} files`);
  await delay(2_000);
}
const waits = await waitsOf(dropped);
const seconds = (Math.max(...waits.map(({ committed }) => committed)) - started) / 1_000;
host.kill('SIGTERM');
await once(host, 'exit');

const at = (share: number) => {
  const sorted = waits
    .map(({ name, committed }) => (committed - (dropped.get(name) ?? 0)) / 1_000)
    .sort((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
};
const count = FILES.toLocaleString('en');
const result: BenchResult = {
  bench: 'inbox',
  command: 'npm run bench:inbox',
  about:
    `${count} CSV files of ${ROWS} rows, put into one folder of the inbox at once, until the last of their transactions is committed: each is an ` +
    'execution of the workflow, inspected, hashed, imported once, audited, mirrored and moved. Beside it the same files by ' +
    '`psql \\copy`, a process each, two at once, which does none of that. From drop to commit by the clock of the server. ' +
    `Idle is a host that has imported one file, for ${IDLE_SECONDS} s, with all its processes.`,
  date: new Date().toISOString(),
  machine: before,
  subject: { 'files a second': Number((FILES / seconds).toFixed(1)) },
  rows: [
    row(`psql \\copy of ${count} files`, 's', copied),
    row(`${count} files from the inbox to the table`, 's', seconds, { with: copied }),
    row('from drop to commit, median', 's', at(0.5)),
    row('from drop to commit, 99 of 100', 's', at(0.99)),
    row('CPU of an idle host in a minute', 's', idle.cpuSeconds),
    row('RSS of an idle host, all its processes', 'MB', idle.rssMb),
    row('RSS of the host at work, all its processes', 'MB', peakMb),
  ],
};
await writeResult(result);
console.log(formatResult(result));

function textOf(n: number): string {
  return `id,title\n${Array.from({ length: ROWS }, (_, i) => `${n * ROWS + i},title ${i}\n`).join('')}`;
}

async function copyWithPsql(): Promise<number> {
  await ask(url, 'create table peer (id int, title text)');
  const copy = `psql --no-psqlrc --quiet --dbname='${url}' --command="\\copy peer from '{}' csv header"`;
  const begun = performance.now();
  await promisify(execFile)('bash', [
    '-c',
    `ls '${staging}'/*.csv | xargs -P 2 -I{} sh -c "${copy.replaceAll('"', '\\"')}"`,
  ]);
  const [[n] = []] = await ask(url, 'select count(*)::int from peer');
  if (Number(n) !== FILES * ROWS) throw new Error(`expected ${FILES * ROWS} rows by psql, got ${n}`);
  return (performance.now() - begun) / 1_000;
}

async function startHost() {
  const env = { ...process.env, DATASENS_HOME: home, DATABASE_URL: url, DATASENS_SCRATCH_URL: url };
  const child = spawn(process.execPath, [COMMAND, 'host', '--port', '0', '--urls-port', '0'], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(createInterface(child.stdout), 'line');
  return child;
}

async function imported(): Promise<number> {
  const rows = await ask(url, 'select count(*)::int from t40_import_registre').catch(() => [[0]]);
  return Number(rows[0]?.[0]);
}

/** When each file was committed, in milliseconds since 1970. */
async function waitsOf(files: ReadonlyMap<string, number>) {
  const rows = await ask(
    url,
    `select source_uri, extract(epoch from pg_xact_commit_timestamp(xmin)) * 1000 from t40_import_registre`,
  );
  return rows
    .map(([uri, committed]) => ({ name: String(uri).split('/').at(-1) ?? '', committed: Number(committed) }))
    .filter(({ name }) => files.has(name));
}

async function measureIdle() {
  const begun = await cpuSeconds();
  await delay(IDLE_SECONDS * 1_000);
  return { cpuSeconds: ((await cpuSeconds()) - begun) * (60 / IDLE_SECONDS), rssMb: await memoryMb() };
}

async function cpuSeconds(): Promise<number> {
  let ticks = 0;
  for (const fields of await statsOfHost()) ticks += Number(fields[11]) + Number(fields[12]);
  return ticks / TICKS_PER_SECOND;
}

async function memoryMb(): Promise<number> {
  let pages = 0;
  for (const fields of await statsOfHost()) pages += Number(fields[21]);
  return (pages * PAGE_BYTES) / 1e6;
}

/** The fields of proc(5) from the state on, of the host and whatever descends from it. */
async function statsOfHost(): Promise<string[][]> {
  const all = new Map<number, string[]>();
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    if (text !== '') all.set(Number(pid), text.slice(text.lastIndexOf(')') + 2).split(' '));
  }
  const isOurs = (pid: number): boolean => pid === host.pid || (all.has(pid) && isOurs(Number(all.get(pid)?.[1])));
  return [...all].filter(([pid]) => isOurs(pid)).map(([, fields]) => fields);
}
