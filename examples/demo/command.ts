import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

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
    const child = spawn(process.execPath, [DATASENS, ...args], {
      cwd: CLONE,
      env: { ...withoutConfiguration(process.env), DATASENS_HOME: home, ...settings, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (!quiet) process.stdout.write(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => process.stdout.write(text));
    const [status] = await once(child, 'close');
    if (status === expect) return stdout;
    throw new Error(`datasens ${args.join(' ')}: expected exit status ${expect}, got ${status}`);
  };
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
