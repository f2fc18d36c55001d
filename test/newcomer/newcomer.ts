import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, '../..');

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Somebody who has just cloned the project, and has nothing else: an empty home, and the machine's own Node. */
export interface Newcomer extends AsyncDisposable {
  readonly clone: string;
  /** An empty folder of theirs, outside of the clone. */
  readonly elsewhere: string;
  /** Runs a command in `cwd`, the clone by default, with `nodeFolder` before all else on PATH. */
  run(command: readonly string[], options?: { cwd?: string; nodeFolder?: string }): Promise<Outcome>;
}

/** `ordinary` users are created for the test where it runs as root; else it is the user who runs it. */
export async function newcomer({ ordinary }: { ordinary: boolean }): Promise<Newcomer> {
  const folder = await mkdtemp(join(tmpdir(), 'datasens-newcomer-'));
  await chmod(folder, 0o755);
  const [home, clone, elsewhere] = [join(folder, 'home'), join(folder, 'Data Sens'), join(folder, 'elsewhere')];
  await Promise.all([mkdir(home), mkdir(elsewhere)]);
  // No hard links: the clone's files are given away.
  await run('git', ['clone', '--quiet', '--no-hardlinks', ROOT, clone]);
  const user = ordinary && process.getuid?.() === 0 ? await createUser(home) : undefined;
  if (user) await run('chown', ['-R', `${user.uid}:${user.gid}`, home, clone, elsewhere]);

  const newcomer: Newcomer = {
    clone,
    elsewhere,
    async run([command = '', ...args], { cwd = clone, nodeFolder } = {}) {
      const env = {
        ...bareEnvironment(nodeFolder),
        HOME: home,
        ...(user ? { USER: user.name, LOGNAME: user.name } : {}),
      };
      const identity = user ? { uid: user.uid, gid: user.gid } : {};
      const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], ...identity });
      const [stdout, stderr, [status]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'close'),
      ]);
      return { status, stdout, stderr };
    },
    async [Symbol.asyncDispose]() {
      for (const cwd of [clone, elsewhere])
        await newcomer.run(['npx', '--no-install', 'datasens', 'embedded', 'stop'], { cwd });
      if (user) await run('userdel', ['--force', user.name]);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  return newcomer;
}

async function createUser(home: string): Promise<{ name: string; uid: number; gid: number }> {
  const name = `newcomer-${randomBytes(4).toString('hex')}`;
  await run('useradd', ['--user-group', '--no-create-home', '--home-dir', home, '--shell', '/bin/sh', name]);
  const id = async (option: string) => Number((await run('id', [option, name])).stdout);
  return { name, uid: await id('-u'), gid: await id('-g') };
}

/** What a login shell would have: nothing of npm's, of a test runner's, or of PostgreSQL's. */
function bareEnvironment(nodeFolder: string | undefined): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) =>
      !/^(npm_|NODE$|NODE_(ENV|OPTIONS|PATH)|INIT_CWD|VITEST|TEST$|XDG_|PG|DATASENS_|DATABASE_URL|AUDIT_DATABASE_URL)/.test(
        name,
      ),
  );
  const folders = (process.env.PATH ?? '').split(delimiter).filter((path) => !/node_modules|node-gyp-bin/.test(path));
  return { ...Object.fromEntries(inherited), PATH: [...(nodeFolder ? [nodeFolder] : []), ...folders].join(delimiter) };
}
