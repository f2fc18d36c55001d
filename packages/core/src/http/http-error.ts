import { AppError, type ErrorName, isAppError } from '../errors.ts';
import { type HttpAnswer, jsonAnswer } from './answer.ts';

/** What is wrong with a request as such, before it means anything: names of RFC 9110, and of RFC 6585. */
const REFUSALS = {
  BadRequest: 400,
  Unauthorized: 401,
  NotFound: 404,
  MethodNotAllowed: 405,
  RequestTimeout: 408,
  ContentTooLarge: 413,
  UnsupportedMediaType: 415,
  TooManyRequests: 429,
  BadGateway: 502,
  ServiceUnavailable: 503,
} as const;

/** A request that is refused as such; `headers` tell what would do. */
export class HttpError extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(name: keyof typeof REFUSALS, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = name;
    this.status = REFUSALS[name];
    this.headers = headers;
  }
}

/** Of ours, those that the caller can do something about. */
const STATUSES: Partial<Record<ErrorName, number>> = {
  InvalidInput: 400,
  NotAllowed: 403,
  NotFound: 404,
  Conflict: 409,
  Transient: 503,
};

/** What a caller is told of an error; of one that is none of theirs, nothing but that. */
export interface ToldError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly name: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export function toldError(error: unknown): ToldError {
  if (error instanceof HttpError) {
    const { name, message, status, headers } = error;
    return { status, headers, name, message, details: {} };
  }
  const status = isAppError(error) ? STATUSES[error.name as ErrorName] : undefined;
  if (!(error instanceof AppError) || status === undefined) {
    return { status: 500, headers: {}, name: 'InternalError', message: 'it failed, and the log says why', details: {} };
  }
  const { name, message, details } = error;
  return { status, headers: status === 503 ? { 'retry-after': '5' } : {}, name, message, details };
}

/** The same as JSON, `{"error": {"name", "message", "details"}}`. */
export function errorAnswer(error: unknown): HttpAnswer {
  const { status, headers, ...told } = toldError(error);
  return jsonAnswer(status, { error: told }, headers);
}
