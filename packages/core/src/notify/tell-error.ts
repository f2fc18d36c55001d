import type { ErrorName } from '../errors.ts';

/**
 * Whose words are told. What a tool says may quote rows, and so do the reasons of rejects; what we say ourselves does
 * not (audit/record-failure.ts has the same rule for the journal of sensitive dumps).
 */
const IS_TOLD: Readonly<Record<ErrorName, boolean>> = {
  ConfigError: true,
  InvalidInput: true,
  NotFound: true,
  Conflict: true,
  Transient: true,
  DeadlineExceeded: true,
  ToolFailed: false,
  CorruptDump: true,
  ProofFailed: true,
  TooManyRejects: false,
  NoSpace: true,
  NotAllowed: true,
};

/** PostgreSQL's own words about what it was given: data exceptions and broken constraints, which quote it. */
const SERVER_SPEAKS = /PostgreSQL at [^ ]+: /;

/** What is said of an error to people who may not see rows: its message, where it cannot hold one. */
export function tellError({ name, message }: { readonly name: string; readonly message: string }): string {
  const isTold = Object.hasOwn(IS_TOLD, name) && IS_TOLD[name as ErrorName];
  if (isTold && !(name === 'InvalidInput' && SERVER_SPEAKS.test(message))) return message;
  return 'what it says may quote rows and is left out: the log of the execution has it';
}
