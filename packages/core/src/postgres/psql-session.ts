import { randomBytes } from 'node:crypto';
import { AppError, isAppError } from '../errors.ts';
import { askAgain } from './ask-again.ts';
import type { ClientTools } from './client-tools.ts';
import type { Queryable, Result } from './database.ts';
import { inlineParameters } from './quote.ts';
import { withPassword } from './rds-token.ts';
import { startTool } from './run-tool.ts';
import { openScriptPipe, type ScriptPipe } from './script-pipe.ts';
import { errorNameOf } from './server-error.ts';
import { openSession, type SessionOptions } from './session.ts';
import { type DatabaseTarget, describeTarget, libpqEnvironment } from './target.ts';

/** Writes a script into the pipe, which psql reads at the same time; ends early when `signal` aborts. */
export type ScriptWriter = (pipe: ScriptPipe, signal: AbortSignal) => Promise<unknown>;

/**
 * One session of psql: it runs scripts, which may hold the data of COPY, and answers queries in between. In a
 * transaction, what it did is rolled back unless `commit` is called: when it is disposed of, when this process dies,
 * when a statement fails.
 */
export interface PsqlSession extends Queryable, AsyncDisposable {
  /** The server process, as others see it in pg_stat_activity. */
  readonly backend: number;
  /** Runs a script. Throws what `serverError` would for the first statement that fails, or the writer's own error. */
  run(write: ScriptWriter): Promise<void>;
  /** Commits the transaction, and is sure of it: what became of a lost session is asked on another. */
  commit(): Promise<void>;
}

const ARGS = [
  '--no-psqlrc',
  '--quiet',
  '--tuples-only',
  '--no-align',
  '--no-password',
  '--set=ON_ERROR_STOP=1',
  // With SQLSTATEs, which are the same in every language.
  '--set=VERBOSITY=verbose',
  '--file=-',
];

/** No time limit that a role may have set; nobody waits long for a lock that others hold: see `watchLocks`. */
const SETTINGS = {
  statement_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  client_min_messages: 'warning',
  // What psql takes for the end of a string.
  standard_conforming_strings: 'on',
};

export interface PsqlOptions extends SessionOptions {
  /** Whether everything happens in one transaction. */
  readonly transaction: boolean;
  readonly signal: AbortSignal;
}

/** Starts psql. Throws `Transient`, `NotAllowed`, `ToolFailed`. */
export async function openPsql(
  target: DatabaseTarget,
  tools: ClientTools,
  { applicationName, settings = {}, signal, transaction }: PsqlOptions,
): Promise<PsqlSession> {
  const tool = startTool(tools, 'psql', {
    args: ARGS,
    env: {
      ...libpqEnvironment(await withPassword(target), applicationName, { ...SETTINGS, ...settings }),
      PGCLIENTENCODING: 'UTF8',
    },
    signal,
  });
  const lines = linesOf(tool.stdout);
  // Nobody who writes a script knows it, so that no output can be taken for the end of another.
  const token = randomBytes(16).toString('hex');

  /** Sends commands and returns the lines that they print. */
  async function send(commands: string): Promise<string[]> {
    // As a row, for psql flushes its output after each result, and after nothing else.
    tool.stdin.write(`${commands}\nselect '${token}';\n`);
    const printed: string[] = [];
    for (;;) {
      // A psql that is ended takes its output along; why it was, `failure` knows.
      const { done, value } = await lines.next().catch(() => ({ done: true, value: '' }));
      if (done) break;
      if (value === token) return printed;
      printed.push(value);
    }
    throw await failure();
  }

  async function failure(): Promise<unknown> {
    const where = describeTarget(target);
    try {
      await tool.exited;
      return new AppError('ToolFailed', `psql at ${where} ended before its work was done`);
    } catch (error) {
      if (!isAppError(error, 'ToolFailed')) return error;
      const { sqlState, exitCode } = error.details;
      if (typeof sqlState === 'string') {
        const name = errorNameOf(sqlState) ?? 'ToolFailed';
        const said = error.message.replace(/^psql [^:]+: /, '');
        return new AppError(name, `PostgreSQL at ${where}: ${said}`, { cause: error, sqlState });
      }
      // Exit status 2: the connection went bad (psql manual, "Exit Status").
      if (exitCode !== 2) return error;
      return new AppError('Transient', `lost the connection to PostgreSQL at ${where}: ${error.message}`, {
        cause: error,
      });
    }
  }

  async function query<Row>(sql: string, params: readonly unknown[] = []): Promise<Result<Row>> {
    const statement = inlineParameters(sql, params);
    const selects = /^\s*(select|with)\b/i.test(statement);
    const printed = await send(selects ? `select pg_catalog.to_jsonb(q) from (${statement}\n) as q;` : `${statement};`);
    const rows = selects ? printed.map((line) => JSON.parse(line, exactly) as Row) : [];
    return { rows, rowCount: rows.length };
  }

  const dispose = () => tool.kill();
  try {
    if (transaction) await send('begin;');
    const { rows } = await query<{ backend: number }>('select pg_catalog.pg_backend_pid() as backend');
    return {
      backend: rows[0]?.backend ?? 0,
      query,
      async run(write) {
        await using pipe = await openScriptPipe();
        const unread = new AbortController();
        const reading = send(`\\o /dev/null\n\\i ${quoteArgument(pipe.path)}\n\\o\nset client_encoding = 'UTF8';`);
        reading.catch(() => unread.abort());
        try {
          await write(pipe, AbortSignal.any([signal, unread.signal]));
        } catch (error) {
          // That the reader left is no cause: why it did is. Unless what the script is made of was at fault, and cut short.
          const isCause = isAppError(error, 'CorruptDump') || isAppError(error, 'Conflict');
          if (!isCause && (unread.signal.aborted || isBrokenPipe(error))) await reading;
          // It may wait for a writer that never came, or have taken a script cut short for a whole one.
          await tool.kill();
          throw error;
        }
        await reading;
      },
      async commit() {
        const [xid = ''] = await send('select pg_catalog.pg_current_xact_id();');
        try {
          await send('commit;');
        } catch (error) {
          // Whatever ended psql, be it the caller's signal, may have come after the COMMIT.
          if (!(await hasCommitted(target, xid))) throw error;
        }
      },
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Whether a transaction whose session is gone was committed; asks until the server has made up its mind. */
async function hasCommitted(target: DatabaseTarget, xid: string): Promise<boolean> {
  const open = () => openSession(target, { applicationName: 'datasens restore' });
  const committed = await askAgain(open, async (session) => {
    const { rows } = await session.query<{ status: string | null }>(
      'select pg_catalog.pg_xact_status($1::xid8) as status',
      [xid],
    );
    const status = rows[0]?.status;
    return status === 'in progress' ? undefined : status === 'committed';
  });
  if (committed !== undefined) return committed;
  throw new AppError(
    'Transient',
    `lost the connection to PostgreSQL at ${describeTarget(target)} while committing. Whether it did, the server ` +
      `tells once it is back: select pg_xact_status('${xid}')`,
    { xid },
  );
}

async function* linesOf(output: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of output) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

function isBrokenPipe(error: unknown): boolean {
  return (
    (isAppError(error, 'ToolFailed') && (error.details.killedBy === 'SIGPIPE' || /broken pipe/i.test(error.message))) ||
    (error instanceof Error &&
      'code' in error &&
      (error.code === 'EPIPE' || error.code === 'ERR_STREAM_PREMATURE_CLOSE'))
  );
}

/** A whole number that JSON.parse would round is an error, never another number. */
function exactly(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new RangeError(`${value} is beyond 2^53: select it as text`);
  }
  return value;
}

/** An argument of a psql meta-command (psql manual, "Meta-Commands"). */
function quoteArgument(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
