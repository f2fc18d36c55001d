import { lambdaError } from './lambda-error.ts';

/** Lambda quotas: 6 MB, and what it adds itself. */
const MAX_RESULT_BYTES = 6_291_556;

/**
 * What a handler returns as JSON; nothing at all is null. Throws by the names of Lambda: `Runtime.JSONStringifyError`
 * for a cycle or a bigint (aws-lambda-ric 4.0.2), `Function.ResponseSizeTooLarge`.
 */
export function serialiseResult(result: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(result) ?? 'null';
  } catch {
    throw lambdaError('Runtime.JSONStringifyError', 'Unable to stringify response body');
  }
  if (Buffer.byteLength(text) <= MAX_RESULT_BYTES) return text;
  const message = `Response payload size exceeded maximum allowed payload size (${MAX_RESULT_BYTES} bytes).`;
  throw lambdaError('Function.ResponseSizeTooLarge', message);
}
