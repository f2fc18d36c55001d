import type { FailState } from '../../definition/state-machine.ts';
import { StateError } from '../../state-error.ts';
import { unexpectedResult } from '../result-type.ts';
import { evaluate, type Scope } from '../scope.ts';

/** Specification, "Fail State": ends what it is in, by an error of its own. */
export async function runFail(scope: Scope, { Error: error, Cause: cause }: FailState): Promise<never> {
  const values = await evaluate(scope, { Error: error, Cause: cause });
  const [name = '', why = ''] = [text(scope, 'Error', error, values.Error), text(scope, 'Cause', cause, values.Cause)];
  throw new StateError(name, why);
}

function text(scope: Scope, field: string, value: string | undefined, got: unknown): string | undefined {
  if (value === undefined || typeof got === 'string') return got as string | undefined;
  throw unexpectedResult(scope, field, value, 'string', got as null);
}
