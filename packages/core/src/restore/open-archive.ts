import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatToc, readToc, type TocEntry } from '../postgres/archive-toc.ts';
import type { ClientTools } from '../postgres/client-tools.ts';
import { readScript } from '../postgres/plain-script.ts';
import { withPassword } from '../postgres/rds-token.ts';
import type { ScriptPipe } from '../postgres/script-pipe.ts';
import { type DatabaseTarget, libpqEnvironment } from '../postgres/target.ts';
import { type AlreadyThere, type ArchiveEntries, choiceOf, chooseEntries, splitEntries } from './archive-entries.ts';
import { pgRestoreOutput, readData, runPgRestore } from './archive-input.ts';
import { readDrops } from './replace-objects.ts';
import type { RestoreDeps } from './restore-deps.ts';
import type { RestorePlan } from './restore-plan.ts';

/**
 * Parts of an archive, in the order in which they are restored: definitions of what holds rows; large objects, in whose
 * script pg_restore begins and ends transactions, which is filtered out; rows, and all that comes after them.
 */
const PARTS = ['definitions', 'large objects', 'rows'] as const;
export type Part = (typeof PARTS)[number];

/** What a plan takes of its archive. Disposing of it removes what pg_restore had to be told in a file. */
export interface OpenedArchive extends AsyncDisposable {
  /** Restores into a database, by pg_restore itself. */
  restoreInto(
    target: DatabaseTarget,
    session: { readonly applicationName: string; readonly settings: Readonly<Record<string, string>> },
  ): Promise<void>;
  /** The parts that it has. */
  readonly parts: readonly Part[];
  /** Writes the SQL that restores a part, without a command that begins or ends a transaction. */
  writeScript(pipe: ScriptPipe, part: Part, signal: AbortSignal): Promise<void>;
  /** The statements that drop what the archive holds, as it stands anywhere. */
  readDrops(): Promise<Buffer[]>;
}

/** Reads the archive's table of contents, and decides. Throws what `runPgRestore` does. */
export async function openArchive(
  deps: RestoreDeps,
  plan: RestorePlan,
  tools: ClientTools,
  there: AlreadyThere,
): Promise<OpenedArchive> {
  const toc = await readToc(tools, readData(deps, plan), deps.signal);
  const { entries, all } = chooseEntries(toc, choiceOf(plan), there);
  return openEntries(deps, plan, tools, { entries, all });
}

/** The part `entries` of the planned archive. */
export async function openEntries(
  deps: RestoreDeps,
  plan: RestorePlan,
  tools: ClientTools,
  { entries, all }: Pick<ArchiveEntries, 'entries' | 'all'>,
): Promise<OpenedArchive> {
  const parts = splitEntries(entries);
  const folder = await mkdtemp(join(tmpdir(), 'datasens-restore-'));
  const list = async (name: string, chosen: readonly TocEntry[]) => {
    const path = join(folder, name);
    await writeFile(path, formatToc(chosen), { mode: 0o600 });
    return [`--use-list=${path}`];
  };

  const options = [
    '--no-password',
    ...(plan.owners ? [] : ['--no-owner']),
    ...(plan.privileges ? [] : ['--no-privileges']),
  ];
  // Writing SQL needs no server, and so no credentials.
  const env = { PATH: process.env.PATH, LC_MESSAGES: 'C' };
  return {
    async restoreInto(target, { applicationName, settings }) {
      const args = [`--dbname=${conninfo(target)}`, '--exit-on-error', ...options];
      const run = async (name: 'first' | 'last', chosen: readonly TocEntry[], jobs: number) => {
        const env = libpqEnvironment(await withPassword(target), applicationName, settings);
        const listed = chosen.length === entries.length && all ? [] : await list(name, chosen);
        const onFile = jobs > 1 ? [`--jobs=${jobs}`] : [];
        const whole = name === 'last' || last.length === 0;
        const options = { args: [...args, ...listed], onFile, whole, env, signal: deps.signal };
        await runPgRestore(deps, plan, tools, options);
      };
      // Several processes of pg_restore do not wait for the rows before they add a domain's constraint, which old rows
      // may violate (NOT VALID): those come last.
      const last = plan.jobs > 1 ? entries.filter(({ kind }) => kind === 'CHECK CONSTRAINT') : [];
      const first = last.length > 0 ? entries.filter((entry) => !isOf(last, entry)) : entries;
      await run('first', first, plan.jobs);
      if (last.length > 0)
        await run(
          'last',
          entries.filter((entry) => isOf(last, entry)),
          1,
        );
    },
    parts: PARTS.filter((part) => parts[part].length > 0),
    async writeScript(pipe, part, signal) {
      // The last one to read the archive finds out who overwrote it at any time before.
      const whole = part === PARTS.findLast((each) => parts[each].length > 0);
      const run = { args: [...options, ...(await list(part, parts[part]))], whole, env, signal };
      if (part === 'large objects')
        await pipe.write(withoutTransactions(pgRestoreOutput(deps, plan, tools, run)), signal);
      else await runPgRestore(deps, plan, tools, { ...run, args: [`--file=${pipe.path}`, ...run.args] });
    },
    async readDrops() {
      const path = join(folder, 'drops');
      const args = [
        `--file=${path}`,
        '--clean',
        '--if-exists',
        '--section=pre-data',
        '--section=post-data',
        ...options,
        ...(await list('all', entries)),
      ];
      await runPgRestore(deps, plan, tools, { args, env, signal: deps.signal });
      return readDrops(path);
    },
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Whether an entry is one of `some`, or says something of one. */
function isOf(some: readonly TocEntry[], entry: TocEntry): boolean {
  return some.some((other) => other === entry || entry.dependsOn.includes(other.id));
}

async function* withoutTransactions(script: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of readScript(script)) {
    if (piece.kind === 'statement' && /^(?:BEGIN|COMMIT)$/.test(piece.outline)) continue;
    yield piece.bytes;
  }
}

/** A name with '=' would be taken for a connection string; inside of one, quoted, every name is a name. */
function conninfo({ database }: DatabaseTarget): string {
  return `dbname='${database.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
