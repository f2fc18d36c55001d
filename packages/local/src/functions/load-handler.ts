import { basename, extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errorCode } from '../embedded/error-code.ts';
import type { FunctionContext } from './function-context.ts';
import { lambdaError } from './lambda-error.ts';

export type Handler = (event: unknown, context: FunctionContext) => unknown;

/**
 * The `handler` that a module exports. Throws `Runtime.UserCodeSyntaxError`, `Runtime.ImportModuleError` and
 * `Runtime.HandlerNotFound` as Lambda's runtime for Node 24 does (aws-lambda-ric 4.0.2), and otherwise what the module
 * itself throws.
 */
export async function loadHandler(path: string): Promise<Handler> {
  const { handler } = await load(path);
  const named = `${basename(path, extname(path))}.handler`;
  if (!handler) throw lambdaError('Runtime.HandlerNotFound', `${named} is undefined or not exported`);
  if (typeof handler === 'function') return handler as Handler;
  throw lambdaError('Runtime.HandlerNotFound', `${named} is not a function`);
}

async function load(path: string): Promise<{ readonly handler?: unknown }> {
  try {
    return await import(pathToFileURL(path).href);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const missing = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes(errorCode(error) ?? '');
    if (missing) throw lambdaError('Runtime.ImportModuleError', String(error), error.stack);
    if (!(error instanceof SyntaxError)) throw error;
    throw lambdaError('Runtime.UserCodeSyntaxError', String(error), error.stack);
  }
}
