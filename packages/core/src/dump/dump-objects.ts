import type { StoredObject } from '../catalog/manifest.ts';
import { isAppError } from '../errors.ts';
import type { ClientTools } from '../postgres/client-tools.ts';
import { withPassword } from '../postgres/rds-token.ts';
import { type RunningTool, startTool, type ToolOptions } from '../postgres/run-tool.ts';
import type { SourceSnapshot } from '../postgres/snapshot.ts';
import { type DatabaseTarget, libpqEnvironment } from '../postgres/target.ts';
import { archiveStream } from './archive-stream.ts';
import type { ArtefactWriter } from './artefact-writer.ts';
import { dataArgs, globalsArgs, schemaArgs } from './dump-args.ts';
import type { DumpDeps } from './dump-deps.ts';
import type { DumpPlan } from './dump-plan.ts';

/** Where the objects of one attempt come from. */
export interface DumpSource {
  readonly target: DatabaseTarget;
  readonly tools: ClientTools;
  readonly snapshot: SourceSnapshot;
  /** Names the attempt's sessions in pg_stat_activity. */
  readonly applicationName: string;
  readonly signal: AbortSignal;
}

/** Runs pg_dump for the rows and stores its output. Throws `ToolFailed`, `CorruptDump`, and what the store throws. */
export async function dumpData(
  deps: DumpDeps,
  plan: DumpPlan,
  source: DumpSource,
  writer: ArtefactWriter,
): Promise<{ data: StoredObject; warnings: readonly string[] }> {
  const { tables } = source.snapshot.scope;
  const tablesInAll = tables.filter((table) => table.kind === 'r').length;
  let bytes = 0;
  let reached = 0;
  // pg_dump tells of a table when it begins with it: those before are done.
  const report = (done = Math.max(0, reached - 1)) =>
    deps.onProgress?.({ phase: 'stage', bytes, tables: done, tablesInAll });

  const args = dataArgs(plan.format, scopeOf(source), plan.selection ? tables : null);
  const dump = await startPgDump(source, args, () => {
    reached += 1;
    report();
  });
  const reader = plan.format === 'custom' ? startReader(source) : undefined;
  const extension = plan.format === 'custom' ? 'dump' : 'sql';
  const data = await withTools([dump, reader], () =>
    writer.write('data', extension, counted(archiveStream(dump, reader))),
  );
  report(tablesInAll);
  return { data, warnings: await dump.exited };

  async function* counted(stream: AsyncIterable<Uint8Array>) {
    for await (const chunk of stream) {
      bytes += chunk.length;
      report();
      yield chunk;
    }
  }
}

/** Stores the definitions of the whole database. Throws as `dumpData`. */
export async function dumpSchema(source: DumpSource, writer: ArtefactWriter): Promise<StoredObject> {
  const dump = await startPgDump(source, schemaArgs(scopeOf(source)));
  const reader = startReader(source);
  return withTools([dump, reader], () => writer.write('schema', 'dump', archiveStream(dump, reader)));
}

/** Stores roles and tablespaces, without passwords; a server that does not let the role read them yields a warning. */
export async function dumpGlobals(
  source: DumpSource,
  writer: ArtefactWriter,
): Promise<{ object: StoredObject } | { warning: string }> {
  const { target, tools } = source;
  const tool = startTool(tools, 'pg_dumpall', await toolOptions(source, globalsArgs(target.database)));
  try {
    const object = await withTools([tool], () => writer.write('globals', 'sql', wholeOutput(tool.stdout, tool.exited)));
    return { object };
  } catch (error) {
    if (!isAppError(error, 'ToolFailed')) throw error;
    return { warning: `no globals in this dump: ${error.message}` };
  }
}

/** The tools are gone when `work` ends, however it ends: also when the store refuses before it reads a byte. */
async function withTools<T>(tools: readonly (RunningTool | undefined)[], work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await Promise.all(tools.map((tool) => tool?.kill()));
  }
}

async function* wholeOutput(stdout: AsyncIterable<Uint8Array>, exited: Promise<unknown>): AsyncGenerator<Uint8Array> {
  yield* stdout;
  await exited;
}

async function startPgDump(source: DumpSource, args: readonly string[], onTable?: () => void) {
  return startTool(source.tools, 'pg_dump', { ...(await toolOptions(source, args)), ...(onTable ? { onTable } : {}) });
}

/** Reads every block of the archive on its standard input, and needs no server for it. */
function startReader({ tools, signal }: DumpSource) {
  return startTool(tools, 'pg_restore', {
    args: ['--file=/dev/null'],
    env: { PATH: process.env.PATH, LC_MESSAGES: 'C' },
    background: true,
    signal,
  });
}

async function toolOptions(
  { target, applicationName, signal }: DumpSource,
  args: readonly string[],
): Promise<ToolOptions> {
  return { args, env: libpqEnvironment(await withPassword(target), applicationName), signal };
}

function scopeOf({ snapshot, tools }: DumpSource) {
  return { snapshotId: snapshot.id, toolMajor: tools.major, exclude: snapshot.scope.excluded };
}
