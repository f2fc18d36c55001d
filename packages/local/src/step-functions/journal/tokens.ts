import { randomBytes } from 'node:crypto';
import { ApiError } from '../api-error.ts';
import type { Json } from '../json.ts';
import type { Journal } from './journal.ts';

/** What was sent for a token: the output of the task, or its error. */
export type Answer = { readonly output: Json } | { readonly error: string; readonly cause: string };

export interface Token {
  readonly status: 'open' | 'answered' | 'closed';
  readonly answer: Answer | undefined;
  /** When its holder was last heard of. */
  readonly heardAt: number;
}

const BYTES = 48;
const FORM = /^[A-Za-z0-9_-]{64}$/;

/** Nobody can guess it. */
export function newToken(): string {
  return randomBytes(BYTES).toString('base64url');
}

export function insertToken(journal: Journal, token: string, execution: number, path: string, now: number): void {
  journal.run(
    `insert into token (token, execution, path, status, heard_at) values (?, ?, ?, 'open', ?)`,
    token,
    execution,
    path,
    now,
  );
}

export function readToken(journal: Journal, token: string): Token | undefined {
  const row = journal.get('select status, answer, heard_at from token where token = ?', token);
  if (!row) return undefined;
  return {
    status: row.status as Token['status'],
    answer: row.answer === null ? undefined : (JSON.parse(String(row.answer)) as Answer),
    heardAt: Number(row.heard_at),
  };
}

/**
 * Takes an answer, once. Throws as the API reference has it for SendTaskSuccess: `InvalidToken` for what cannot be a
 * token, `TaskDoesNotExist` for one that was never given out, `TaskTimedOut` for one whose task is over.
 */
export function answerToken(journal: Journal, token: string, answer: Answer): void {
  expectOpen(journal, token);
  journal.run(`update token set status = 'answered', answer = ? where token = ?`, JSON.stringify(answer), token);
}

/** Notes that the token's holder is alive. Throws as `answerToken` does. */
export function hearToken(journal: Journal, token: string, now: number): void {
  expectOpen(journal, token);
  journal.run('update token set heard_at = ? where token = ?', now, token);
}

/** Ends the tokens of whatever is under a path, for their tasks are over. */
export function closeTokens(journal: Journal, execution: number, prefix: string): void {
  journal.run(
    `update token set status = 'closed' where execution = ? and substr(path, 1, ?) = ? and status = 'open'`,
    execution,
    prefix.length,
    prefix,
  );
}

function expectOpen(journal: Journal, token: string): void {
  if (!FORM.test(token)) throw new ApiError('InvalidToken', "Invalid Token: 'Invalid token'");
  const found = readToken(journal, token);
  if (!found) throw new ApiError('TaskDoesNotExist', "Task does not exist: 'Provided task does not exist'");
  if (found.status === 'open') return;
  throw new ApiError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
}
