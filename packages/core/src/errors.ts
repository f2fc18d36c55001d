/**
 * One name per decision that a state machine or a person takes. Lambda reports `error.name`, and a state
 * machine's `ErrorEquals` matches it, so the names are part of the contract (docs/design.md, section 7).
 *
 * - `ConfigError`    the environment or the installation must change; nothing was tried
 * - `InvalidInput`   the request is wrong; the same request will never succeed
 * - `NotFound`       what the request names does not exist
 * - `Conflict`       somebody else did something different under the same name
 * - `Transient`      the same request may succeed later, unchanged
 * - `DeadlineExceeded` there was not time enough; it was undone, and may succeed where there is more
 * - `ToolFailed`     a client tool of PostgreSQL failed for a reason of its own
 * - `CorruptDump`    stored bytes are not the bytes that were recorded
 * - `ProofFailed`    what was restored is not what the dump's proof says; it was not kept
 * - `TooManyRejects` an import had more rows that could not be loaded than were allowed; it loaded none
 * - `NoSpace`        the storage is full; somebody must make room
 * - `NotAllowed`     a server refused the credentials or the privilege, or a rule of governance forbids it
 */
export type ErrorName =
  | 'ConfigError'
  | 'InvalidInput'
  | 'NotFound'
  | 'Conflict'
  | 'Transient'
  | 'DeadlineExceeded'
  | 'ToolFailed'
  | 'CorruptDump'
  | 'ProofFailed'
  | 'TooManyRejects'
  | 'NoSpace'
  | 'NotAllowed';

/** Every failure that we foresee. `details` is shown to users and journalled: it never holds a secret. */
export class AppError extends Error {
  readonly details: Record<string, unknown>;

  constructor(name: ErrorName, message: string, { cause, ...details }: Record<string, unknown> = {}) {
    super(message, { cause });
    // A literal, not the class name: bundlers rename classes, and state machines match this string.
    this.name = name;
    this.details = details;
  }
}

/** Whether `error` is one of ours and, where a name is given, that one. */
export function isAppError(error: unknown, name?: ErrorName): error is AppError {
  return error instanceof AppError && (name === undefined || error.name === name);
}
