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
  deps: Pick<Deps, 'db' | 'store' | 'log'>,
  { dumpId, user, error, detail = {}, sensitive = false }: Failure,
): Promise<void> {
  const { name, message: said } = error instanceof Error ? error : { name: 'Error', message: String(error) };
  const message = sensitive ? withoutRows(error, said) : said;
  try {
    // Also when the failure is that somebody interrupted us.
    const { signal } = new AbortController();
    await recordEvent(
      { ...deps, signal },
      {
        event: 'ECHEC',
        dumpId,
        user,
        detail: { ...detail, error: { name, message: message.slice(0, LONGEST_MESSAGE) } },
      },
    );
  } catch (unrecorded) {
    deps.log('the failure could not be journalled', { dumpId, because: String(unrecorded) });
  }
}

/** What a server or its tools say may quote rows; what we say ourselves does not. */
function withoutRows(error: unknown, said: string): string {
  const state = sqlState(error);
  if (isAppError(error) && !isAppError(error, 'ToolFailed') && state === undefined) return said;
  return `left out, for it may quote rows of a sensitive dump${state === undefined ? '' : ` (SQLSTATE ${state})`}`;
}
