import { AppError, type ErrorName } from '@datasens/core/errors.ts';

/** Errors of the API that are the caller's (API reference of Step Functions, StartExecution and others). */
const NAMES: Readonly<Record<string, ErrorName>> = {
  ExecutionAlreadyExists: 'Conflict',
  ExecutionDoesNotExist: 'NotFound',
  InvalidArn: 'NotFound',
  InvalidExecutionInput: 'InvalidInput',
  InvalidName: 'InvalidInput',
  InvalidToken: 'InvalidInput',
  ValidationException: 'InvalidInput',
};

/**
 * What the caller is told of an error of the SDK, by name and message: the rest of it holds the request. `Transient` where
 * Step Functions cannot be reached or is busy; what it refuses our credentials is `ConfigError`, and the caller's no more.
 */
export function explain(error: unknown): AppError {
  const { name, message, $metadata } = error as Error & { readonly $metadata?: { readonly httpStatusCode?: number } };
  const known = NAMES[name];
  if (known) return new AppError(known, `Step Functions refuses it: ${message}`);
  const status = $metadata?.httpStatusCode ?? 0;
  const isOurs = name === 'CredentialsProviderError' || (status >= 400 && status < 500 && !/throttl/i.test(name));
  if (isOurs) return new AppError('ConfigError', `Step Functions refuses it (${name}: ${message})`);
  return new AppError('Transient', 'Step Functions cannot be reached, or is busy: try again');
}
