import type * as z from 'zod';
import { isExpression, sourceOf } from '../definition/expression.ts';
import type { Json } from '../json.ts';
import { StateError } from '../state-error.ts';
import { type Scope, whereabouts } from './scope.ts';

/** What is wrong with an expression that comes to something that its field cannot have. */
export function unexpectedResult(
  scope: Scope,
  field: string,
  value: Json,
  expected: string,
  got: Json | undefined,
): StateError {
  const source = isExpression(value) ? sourceOf(value) : JSON.stringify(value);
  const detail = `The JSONata expression '${source}' specified for the field '${field}' returned an unexpected result type. Expected '${expected}', but was '${typeName(got)}'.`;
  const evaluation = { location: field, detail };
  return new StateError('States.QueryEvaluationError', whereabouts(scope) + detail, { evaluation });
}

/** The value of a field that takes numbers; the schema is that of the definition. Throws `States.QueryEvaluationError`. */
export function expectNumber(
  scope: Scope,
  field: string,
  value: Json | undefined,
  got: Json | undefined,
  schema: z.ZodNumber,
): number | undefined {
  if (value === undefined) return undefined;
  const parsed = schema.safeParse(got);
  if (parsed.success) return parsed.data;
  if (typeof got !== 'number') throw unexpectedResult(scope, field, value, 'number', got);
  const detail = `The JSONata expression '${isExpression(value) ? sourceOf(value) : value}' specified for the field '${field}' returned a value outside the acceptable range: ${got}.`;
  const evaluation = { location: field, detail };
  throw new StateError('States.QueryEvaluationError', whereabouts(scope) + detail, { evaluation });
}

function typeName(value: Json | undefined): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
