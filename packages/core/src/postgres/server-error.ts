import { AppError, type ErrorName } from '../errors.ts';
import { type DatabaseTarget, describeTarget } from './target.ts';

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
]);
const CUT_OFF = new Set(['ECONNRESET', 'EPIPE']);
const CUT_OFF_MESSAGE = /^Connection terminated|^timeout expired|^Client has encountered a connection error/;

/** SQLSTATE classes and codes (PostgreSQL manual, Appendix A) for which a decision differs from "a bug of ours". */
const NAMES: readonly (readonly [prefix: string, name: ErrorName])[] = [
  ['08', 'Transient'],
  ['28', 'NotAllowed'],
  ['3D000', 'NotFound'],
  ['40', 'Transient'],
  ['42501', 'NotAllowed'],
  ['53100', 'NoSpace'],
  // "out of shared memory": the hint names max_locks_per_transaction, which somebody must raise.
  ['53200', 'ConfigError'],
  ['53', 'Transient'],
  ['55P03', 'Transient'],
  ['57', 'Transient'],
];

/**
 * What a failed connection or statement means for the caller, as an `AppError` that names the database and keeps
 * the SQLSTATE in `details.sqlState`. Errors that no caller can act on come back as they are.
 */
export function serverError(error: unknown, target: DatabaseTarget): unknown {
  if (!(error instanceof Error) || error instanceof AppError) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const where = describeTarget(target);

  if (UNREACHABLE.has(code)) {
    return new AppError('Transient', `cannot reach PostgreSQL at ${where} (${code}). Is the server running there?`, {
      cause: error,
    });
  }
  if (CUT_OFF.has(code) || CUT_OFF_MESSAGE.test(error.message)) {
    return new AppError('Transient', `lost the connection to PostgreSQL at ${where}: ${error.message}`, {
      cause: error,
    });
  }
  const name = errorNameOf(code);
  if (!name) return error;
  const hint = 'hint' in error && error.hint ? `. ${String(error.hint)}` : '';
  return new AppError(name, `PostgreSQL at ${where}: ${error.message}${hint}`, { cause: error, sqlState: code });
}

/** The name for a SQLSTATE on which callers decide; undefined for all others. */
export function errorNameOf(sqlState: string): ErrorName | undefined {
  return NAMES.find(([prefix]) => sqlState.length === 5 && sqlState.startsWith(prefix))?.[1];
}

/** The SQLSTATE of an error from the server, or undefined. */
export function sqlState(error: unknown): string | undefined {
  if (error instanceof AppError) return typeof error.details.sqlState === 'string' ? error.details.sqlState : undefined;
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
