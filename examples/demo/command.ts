import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

export const CLONE = join(import.meta.dirname, '../..');
const DATASENS = join(CLONE, 'packages/cli/bin/datasens.js');

export interface CommandOptions {
  /** On top of the demo's environment, and shown before the command. */
  readonly env?: Readonly<Record<string, string>>;
  /** The exit status that the demo expects. */
  readonly expect?: number;
  /** Whether to show neither the command nor its output; what it complains of is always shown. */
  readonly quiet?: boolean;
}

/** Runs `datasens` with `args`. */
export type Datasens = (args: readonly string[], options?: CommandOptions) => Promise<string>;

/**
 * The real command as a child process: shown, then its output. Returns what it wrote on stdout; throws on any other
 * exit status than the expected one. Nothing that is configured outside reaches it, but for `settings`, the client
 * tools' folder and AWS's own.
 */
export function datasensIn(home: string, settings: Readonly<Record<string, string>> = {}): Datasens {
  return async (args, { env = {}, expect = 0, quiet = false } = {}) => {
    const shown = Object.entries(env).map(([name, value]) => `${name}=${shellQuote(value)} `);
    if (!quiet) console.log(`\n$ ${shown.join('')}datasens ${args.map(shellQuote).join(' ')}`);
    const child = start(args, { DATASENS_HOME: home, ...settings, ...env });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
      if (!quiet) process.stdout.write(chunk);
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => process.stdout.write(chunk));
    const [status] = await once(child, 'close');
    if (status === expect) return stdout;
    throw new Error(`datasens ${args.join(' ')}: expected exit status ${expect}, got ${status}`);
  };
}

/** `datasens host`, until it is disposed of. */
export interface Host extends AsyncDisposable {
  /** Where its function URLs are. */
  readonly url: string;
}

/** Starts a host in the demo's home, shown as a command; what it says of its work is not. */
export async function startHost(home: string, settings: Readonly<Record<string, string>> = {}): Promise<Host> {
  console.log('\n$ datasens host');
  const child = start(['host', '--port', '0', '--urls-port', '0', '--json'], { DATASENS_HOME: home, ...settings });
  const exited = once(child, 'exit');
  const said = text(child.stderr);
  let stdout = '';
  for await (const chunk of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    stdout += chunk;
    if (stdout.endsWith('}\n')) break;
  }
  if (stdout === '') throw new Error(`datasens host: ${await said}`);
  return {
    url: (JSON.parse(stdout) as { url: string }).url,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

function start(args: readonly string[], env: Readonly<Record<string, string>>) {
  return spawn(process.execPath, [DATASENS, ...args], {
    cwd: CLONE,
    env: { ...withoutConfiguration(process.env), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function withoutConfiguration(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !/^(DATASENS_|DATABASE_URL$|AUDIT_DATABASE_URL$|S3_ENDPOINT$|PG(?!_BIN_DIR$))/.test(name),
    ),
  );
}

function shellQuote(word: string): string {
  return /^[\w./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
