/** What is wrong with a definition, and where: a JSON pointer such as `/States/Work/Retry/0`. */
export interface Problem {
  readonly code: 'SCHEMA_VALIDATION_FAILED' | 'MISSING_TRANSITION_TARGET' | 'INVALID_EXPRESSION' | 'UNSUPPORTED';
  readonly text: string;
  readonly place: string;
}

/** One more step of a JSON pointer (RFC 6901). */
export function pointer(...keys: readonly PropertyKey[]): string {
  return keys.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
