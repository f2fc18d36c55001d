import { isAppError } from '../errors.ts';
import { sqlState } from './server-error.ts';

/** What the server has against one row. */
export interface RowError {
  readonly message: string;
  /** Of the COPY, from 1, where the server tells. */
  readonly line?: number;
  /** What stands behind `line N, `: `column name: "value"`, or the beginning of the row. */
  readonly place?: string;
}

/**
 * Data exceptions, broken constraints, what triggers raise, WITH CHECK OPTION, and values beyond a limit of the server
 * (PostgreSQL manual, appendix A): other rows may do.
 */
const ROW_STATES = /^(22|23|44|54|P0)/;

/** What `error` says of a row; undefined where it is about something else. */
export function rowErrorOf(error: unknown): RowError | undefined {
  const cause = isAppError(error) ? error.cause : error;
  if (!(cause instanceof Error) || !ROW_STATES.test(sqlState(cause) ?? '')) return undefined;
  const where = 'where' in cause && typeof cause.where === 'string' ? cause.where : '';
  const detail = 'detail' in cause && typeof cause.detail === 'string' ? ` (${cause.detail})` : '';
  const [, line, place] = /^COPY .*?, line (\d+)(?:, ([^\n]*))?/m.exec(where) ?? [];
  const message = `${cause.message}${detail}`;
  return line === undefined ? { message } : { message, line: Number(line), ...(place === undefined ? {} : { place }) };
}
