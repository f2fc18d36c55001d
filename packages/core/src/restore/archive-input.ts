import { access, constants } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { readPlain } from '../catalog/read-plain.ts';
import { AppError, isAppError } from '../errors.ts';
import type { ClientTools } from '../postgres/client-tools.ts';
import { type RunningTool, startTool, type ToolOptions } from '../postgres/run-tool.ts';
import type { RestoreDeps } from './restore-deps.ts';
import type { RestorePlan } from './restore-plan.ts';

/**
 * The data of the planned dump, decrypted where it is encrypted: the version that was checked, chunk by chunk. Throws
 * `CorruptDump`, at their end at the latest, where they are other bytes than those: a server may ignore `If-Match`.
 */
export async function* readData(
  deps: RestoreDeps,
  { prefix, manifest, etags }: Pick<RestorePlan, 'prefix' | 'manifest' | 'etags'>,
): AsyncGenerator<Uint8Array> {
  const { data } = manifest.objects;
  let bytes = 0;
  const onBytes = (count: number) => {
    bytes += count;
    deps.onProgress?.({ phase: 'restore', bytes, bytesInAll: data.sizeBytes });
  };
  try {
    yield* readPlain(deps, { prefix, manifest }, data, { etag: etags[data.key] ?? '', onBytes });
  } catch (error) {
    if (!isAppError(error, 'CorruptDump')) throw error;
    // They were those bytes when the restore was planned.
    throw overwritten('CorruptDump', `${prefix}${data.key}`, error);
  }
}

export interface PgRestoreOptions extends Pick<ToolOptions, 'args' | 'env' | 'signal'> {
  /** Whether all of the archive is read, and so hashed: also what pg_restore does not want of it. */
  readonly whole?: boolean;
  /** More arguments, for an archive that several of pg_restore's processes can read, each where it wants. */
  readonly onFile?: readonly string[];
}

/**
 * Runs pg_restore on the planned dump's archive, and waits for its end. The archive is piped in: where this process is
 * killed, pg_restore soon comes to its end, and psql, which reads from it and holds the locks. With `onFile` it is read
 * where it is, in a folder of this machine. Throws `ToolFailed`, `NoSpace`, what the store throws, and `Conflict` or
 * `CorruptDump` when the object was replaced on the way.
 */
export async function runPgRestore(
  deps: RestoreDeps,
  plan: RestorePlan,
  tools: ClientTools,
  { args, env, signal, whole = false, onFile = [] }: PgRestoreOptions,
): Promise<void> {
  const path = onFile.length > 0 ? await localPath(deps, plan) : undefined;
  const input = path ? [...onFile, path] : [];
  const tool = startTool(tools, 'pg_restore', { args: [...args, ...input], env, signal });
  try {
    tool.stdout.resume();
    if (path) tool.stdin.end();
    else await feed(tool, readData(deps, plan), whole);
    await tool.exited;
    if (path) await expectSameVersion(deps, plan);
  } catch (error) {
    throw fullDisk(error) ?? error;
  } finally {
    await tool.kill();
  }
}

/** pg_restore tells no SQLSTATE; the words for a full disk are the system's, in English on most servers. */
function fullDisk(error: unknown): AppError | undefined {
  if (!isAppError(error, 'ToolFailed') || !error.message.includes('No space left on device')) return undefined;
  return new AppError('NoSpace', `the target's disk is full: ${error.message}`, { cause: error, ...error.details });
}

/** The SQL that pg_restore writes, as it comes. Throws as `runPgRestore`. */
export async function* pgRestoreOutput(
  deps: RestoreDeps,
  plan: RestorePlan,
  tools: ClientTools,
  { args, env, signal, whole = false }: PgRestoreOptions,
): AsyncGenerator<Uint8Array> {
  const tool = startTool(tools, 'pg_restore', { args: ['--file=-', ...args], env, signal });
  const feeding = feed(tool, readData(deps, plan), whole);
  // Awaited later, after the output: until then a failure is not "unhandled".
  feeding.catch(() => undefined);
  try {
    yield* tool.stdout as AsyncIterable<Buffer>;
    await feeding;
    await tool.exited;
  } finally {
    await tool.kill();
  }
}

/** Where the archive is, for a store that is a folder here; an encrypted one is nowhere as pg_restore could read it. */
async function localPath({ store }: RestoreDeps, { prefix, manifest }: RestorePlan): Promise<string | undefined> {
  if (manifest.encryption) return undefined;
  const uri = store.uriOf(`${prefix}${manifest.objects.data.key}`);
  if (!uri.startsWith('file:')) return undefined;
  const path = fileURLToPath(uri);
  return access(path, constants.R_OK).then(
    () => path,
    () => undefined,
  );
}

/** What a tool reads by its path is the version that was checked, unless somebody replaced it meanwhile. */
async function expectSameVersion(
  { store, signal }: RestoreDeps,
  { prefix, manifest, etags }: RestorePlan,
): Promise<void> {
  const key = `${prefix}${manifest.objects.data.key}`;
  const { etag } = await store.head(key, { signal });
  if (etag === etags[manifest.objects.data.key]) return;
  throw overwritten('Conflict', key);
}

function overwritten(name: 'Conflict' | 'CorruptDump', key: string, cause?: unknown): AppError {
  return new AppError(name, `${key} was replaced while it was being restored: nothing was kept`, { key, cause });
}

/**
 * Writes everything to the tool, or as much as it wants: one that leaves early tells by its exit status why. With
 * `whole` the rest is read even so.
 */
async function feed({ stdin, exited }: RunningTool, chunks: AsyncGenerator<Uint8Array>, whole: boolean): Promise<void> {
  let failure: { readonly error: unknown } | undefined;
  // A pipe that closes would end the chunks as well, and keep to itself what they throw meanwhile: it is lent them.
  const next = () =>
    chunks.next().catch((error: unknown) => {
      failure = { error };
      throw error;
    });
  const lent = { [Symbol.asyncIterator]: () => ({ next }) };
  try {
    await pipeline(Readable.from(lent, { objectMode: false }), stdin);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET'].includes(code)) throw error;
    await exited;
    while (whole && !(await next()).done);
    if (failure) throw failure.error;
  } finally {
    await chunks.return(undefined);
  }
}
