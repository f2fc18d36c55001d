import { isNativeError } from 'node:util/types';
import type { Thrown } from './function-messages.ts';
import { lambdaError } from './lambda-error.ts';

/** What a process tells of what its function threw, whatever that is. */
export function thrownOf(value: unknown): Thrown {
  try {
    if (!isNativeError(value)) return { message: String(value) };
    const { name, message, stack } = value;
    return { name: String(name), message: String(message), ...(stack === undefined ? {} : { stack: String(stack) }) };
  } catch {
    return { message: 'what was thrown cannot be told' };
  }
}

/** What the host throws for it: an error of that name, or, for what was no error, its text. */
export function rethrown({ name, message, stack }: Thrown): unknown {
  return name === undefined ? message : lambdaError(name, message, stack);
}
