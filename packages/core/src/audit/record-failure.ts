import type { Deps } from '../deps.ts';
import { isAppError } from '../errors.ts';
import { sqlState } from '../postgres/server-error.ts';
import type { JsonObject } from './journal-event.ts';
import { recordEvent } from './record-event.ts';

/** An event is small: the whole of a tool's complaint is for the caller. */
const LONGEST_MESSAGE = 2_000;

export interface Failure {
  readonly dumpId: number;
  readonly user: string;
  readonly error: unknown;
  /** What was tried. */
  readonly detail?: JsonObject;
  /** Whether the dump is. The journal is for ever, and in the clear: of a complaint that may quote a row it has the name. */
  readonly sensitive?: boolean;
}

/** Journals ECHEC. Never throws: the failure itself is the one to report. */
export async function recordFailure(
  deps: Pick<Deps, 'db' | 'store' | 'log' | 'execution'>,
  { dumpId, user, error, detail = {}, sensitive = false }: Failure,
): Promise<void> {
  try {
    // Also when the failure is that somebody interrupted us.
    const { signal } = new AbortController();
    await recordEvent(
      { ...deps, signal },
      {
        event: 'ECHEC',
        dumpId,
        user,
        detail: { ...detail, ...executionOf(deps), error: errorOf(sensitive ? withoutRows(error) : error) },
      },
    );
  } catch (unrecorded) {
    deps.log('the failure could not be journalled', { dumpId, because: String(unrecorded) });
  }
}

/** Which execution of a workflow it was, where it was one. */
export function executionOf({ execution }: Pick<Deps, 'execution'>): JsonObject {
  return execution === undefined ? {} : { execution };
}

/**
 * Whether a workflow tries again what has failed so: then it came to nothing only if that does too, and the workflow
 * journals it (`recordExecutionFailure`).
 */
export function isTriedAgain({ execution, signal }: Pick<Deps, 'execution' | 'signal'>, error: unknown): boolean {
  return execution !== undefined && (signal.aborted || isAppError(error, 'Transient'));
}

/** An error as the journal has it. */
export function errorOf(error: unknown): JsonObject {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
  return { name, message: message.slice(0, LONGEST_MESSAGE) };
}

/** What a server or its tools say may quote rows; what we say ourselves does not. */
export function withoutRows(error: unknown): unknown {
  const state = sqlState(error);
  if (isAppError(error) && !isAppError(error, 'ToolFailed') && state === undefined) return error;
  const name = error instanceof Error ? error.name : 'Error';
  const said = `left out, for it may quote rows of a sensitive dump${state === undefined ? '' : ` (SQLSTATE ${state})`}`;
  return Object.assign(new Error(said), { name });
}
