import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { AppError } from '../errors.ts';
import { type ClientTools, type ToolName, toolPath } from './client-tools.ts';
import { createToolLog, type ToolLog } from './tool-log.ts';

/** A client tool that runs. Its owner reads `stdout` to the end, then awaits `exited`. */
export interface RunningTool {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /**
   * Resolves with the tool's warnings once it has exited 0 and all its output was taken; rejects with `ToolFailed`
   * on any other end, with the tool's last words. An aborted run rejects with the signal's reason.
   */
  readonly exited: Promise<readonly string[]>;
  /** Ends the tool: SIGTERM, on which pg_dump cancels its query, then SIGKILL. Resolves when it is gone. */
  kill(): Promise<void>;
}

export interface ToolOptions {
  readonly args: readonly string[];
  /** Credentials and settings travel here, never in `args`. */
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Whether it steps back where others want the processor. */
  readonly background?: boolean;
  /** Called with the quoted-as-printed name of each table when pg_dump (`--verbose`) begins to read it. */
  readonly onTable?: (name: string) => void;
}

const KILL_GRACE_MS = 5_000;

/** Starts a client tool with pipes on its standard streams. */
export function startTool(tools: ClientTools, name: ToolName, options: ToolOptions): RunningTool {
  const { args, env, signal, background = false, onTable } = options;
  signal.throwIfAborted();
  const child = spawn(toolPath(tools, name), args, { env, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] });
  if (background && child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  const log = createToolLog(child.stderr, onTable);
  // At the exit of a child Node throws away what nobody has begun to read; a listener is a beginning. Without it a
  // short dump would be empty whenever its reader is late.
  child.stdout.on('readable', () => undefined);
  // The tool may leave without reading its input; its exit code tells why.
  child.stdin.on('error', () => undefined);

  const kill = () => killChild(child);
  const onAbort = () => void kill();
  signal.addEventListener('abort', onAbort, { once: true });
  const exited = exitOf(child, name, log, signal).finally(() => signal.removeEventListener('abort', onAbort));
  // Awaited later, after the output: until then a failure is not "unhandled".
  exited.catch(() => undefined);
  return { stdin: child.stdin, stdout: child.stdout, exited, kill };
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

async function exitOf(child: Child, name: ToolName, log: ToolLog, signal: AbortSignal): Promise<readonly string[]> {
  // 'close' comes after the exit *and* the end of every stream: no output can still be under way.
  const [code, killedBy] = (await once(child, 'close').catch((error: unknown) => {
    throw new AppError('ToolFailed', `cannot start ${name}: ${String(error)}`, { cause: error });
  })) as [number | null, NodeJS.Signals | null];
  signal.throwIfAborted();
  if (code === 0) return log.warnings();
  const how = killedBy ? `was killed by ${killedBy}` : `exited with status ${code}`;
  const said = log.lastWords();
  throw new AppError('ToolFailed', `${name} ${how}${said ? `: ${said}` : ''}`, {
    tool: name,
    exitCode: code,
    killedBy,
    ...(log.sqlState() === undefined ? {} : { sqlState: log.sqlState() }),
  });
}

async function killChild(child: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = once(child, 'exit');
  // Nobody will read what is left, and an unread pipe would keep the tool, and so 'close', waiting.
  child.stdout.destroy();
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), KILL_GRACE_MS);
  try {
    await gone;
  } finally {
    clearTimeout(timer);
  }
}
