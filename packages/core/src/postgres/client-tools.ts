import { execFile } from 'node:child_process';
import { access, constants, readdir, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '../errors.ts';

const TOOLS = ['pg_dump', 'pg_restore', 'psql', 'pg_dumpall'] as const;
export type ToolName = (typeof TOOLS)[number];

/** PostgreSQL's client tools of one version, all in one folder, each of which answered `--version`. */
export interface ClientTools {
  readonly major: number;
  /** As the tools print it, e.g. `15.18`. */
  readonly version: string;
  readonly binDir: string;
}

export interface ToolSearch {
  /** `PG_BIN_DIR`: where it is set, no other place is searched. */
  readonly binDir?: string | undefined;
}

/** The minor releases, by major, from which on psql can be restricted (`\\restrict`, CVE-2025-8714); all from 18 on. */
const FIRST_WITH_RESTRICT: Readonly<Record<number, number>> = { 13: 22, 14: 19, 15: 14, 16: 10, 17: 6 };

/** Whether psql can be kept from obeying the commands of a script, other than SQL. */
export function supportsRestrict({ major, version }: ClientTools): boolean {
  const minor = Number(/^\d+\.(\d+)/.exec(version)?.[1] ?? 0);
  return minor >= (FIRST_WITH_RESTRICT[major] ?? (major >= 18 ? 0 : Number.POSITIVE_INFINITY));
}

/** The path of one tool. */
export function toolPath(tools: ClientTools, name: ToolName): string {
  return join(tools.binDir, name);
}

/**
 * The client tools whose major equals the server's. pg_dump refuses a newer server, and an archive of a newer
 * pg_dump does not restore cleanly into an older server, so no other major will do. Throws `ConfigError`, with what
 * was found and the remedy.
 */
export async function findClientTools(major: number, search: ToolSearch = {}): Promise<ClientTools> {
  const found: ClientTools[] = [];
  for (const folder of await candidateFolders(search, major)) {
    const tools = await toolsIn(folder);
    if (tools?.major === major) return tools;
    if (tools) found.push(tools);
  }
  const seen = found.map((tools) => `${tools.version} in ${tools.binDir}`).join(', ') || 'none';
  const newest = Math.max(...found.map((tools) => tools.major));
  const relation = found.length > 0 && newest < major ? ', newer than the client tools here' : '';
  throw new AppError(
    'ConfigError',
    `the server is PostgreSQL ${major}${relation}; found client tools: ${seen}. ${remedy(major, search)}`,
    { serverMajor: major, found: found.map((tools) => tools.version) },
  );
}

/** Every version of the client tools on this machine, newest first. */
export async function listClientTools(search: ToolSearch = {}): Promise<ClientTools[]> {
  const byVersion = new Map<string, ClientTools>();
  for (const folder of await candidateFolders(search)) {
    const tools = await toolsIn(folder);
    if (tools && !byVersion.has(tools.version)) byVersion.set(tools.version, tools);
  }
  return [...byVersion.values()].sort((a, b) => b.major - a.major);
}

function remedy(major: number, search: ToolSearch): string {
  return search.binDir
    ? `Point PG_BIN_DIR at the tools of PostgreSQL ${major}, or unset it`
    : `Install postgresql-client-${major} (Debian, Ubuntu), postgresql${major} (Amazon Linux, Fedora) or ` +
        `postgresql@${major} (Homebrew), or set PG_BIN_DIR to their folder`;
}

/** Folders in the order in which they are tried; those of `major` come first. */
async function candidateFolders(search: ToolSearch, major?: number): Promise<string[]> {
  if (search.binDir) return [search.binDir];
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'datasens', 'postgresql-client');
  // Parents that hold one folder per major, and what follows the major in the path.
  const layouts = [
    ['/usr/lib/postgresql', /^(\d+)$/, 'bin'],
    ['/usr', /^pgsql-(\d+)$/, 'bin'],
    ['/opt/homebrew/opt', /^postgresql@(\d+)$/, 'bin'],
    ['/usr/local/opt', /^postgresql@(\d+)$/, 'bin'],
    ['/Applications/Postgres.app/Contents/Versions', /^(\d+)$/, 'bin'],
    [cache, /^(\d+)$/, 'bin'],
  ] as const;
  const folders: { major: number; path: string }[] = [];
  for (const [parent, pattern, bin] of layouts) {
    for (const name of await readdir(parent).catch(() => [])) {
      const match = pattern.exec(name);
      if (match) folders.push({ major: Number(match[1]), path: join(parent, name, bin) });
    }
  }
  folders.sort((a, b) => Number(b.major === major) - Number(a.major === major) || b.major - a.major);
  const candidates = new Set(folders.map((folder) => folder.path));
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (folder.startsWith('/') && !(await isCovered(folder, candidates))) candidates.add(folder);
  }
  return [...candidates];
}

/** Whether a folder has no tools, or none but links into `others`, or Debian's wrapper, which finds what is in them, too, slowly. */
async function isCovered(folder: string, others: ReadonlySet<string>): Promise<boolean> {
  const program = await realpath(join(folder, TOOLS[0])).catch(() => undefined);
  return program === undefined || basename(program) === 'pg_wrapper' || others.has(dirname(program));
}

/** The tools in `folder` if all are there and agree on their version; on Debian a wrapper on PATH may not. */
async function toolsIn(folder: string): Promise<ClientTools | undefined> {
  try {
    await Promise.all(TOOLS.map((name) => access(join(folder, name), constants.X_OK)));
    const versions = await Promise.all(TOOLS.map((name) => knownVersionOf(join(folder, name))));
    const [version] = versions;
    if (!version || versions.some((other) => other !== version)) return undefined;
    return { major: Number.parseInt(version, 10), version, binDir: folder };
  } catch {
    return undefined;
  }
}

/** What programs of this machine answered, by the file that answered it. */
const answered = new Map<string, string>();

/** Asks each program once, for as long as it is the same file: each dump would begin with eight processes otherwise. */
async function knownVersionOf(path: string): Promise<string | undefined> {
  const program = await realpath(path);
  // What passes on to other programs is the same file whatever they become.
  if (basename(program) !== basename(path)) return versionOf(path);
  const { dev, ino, size, mtimeMs, ctimeMs } = await stat(program);
  const file = [program, dev, ino, size, mtimeMs, ctimeMs].join('\n');
  const version = answered.get(file) ?? (await versionOf(path));
  if (version !== undefined) answered.set(file, version);
  return version;
}

async function versionOf(path: string): Promise<string | undefined> {
  const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: 10_000, cwd: '/' });
  return /\(PostgreSQL\) (\d+[\w.]*)/.exec(stdout)?.[1];
}
