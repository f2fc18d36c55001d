import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import type { Log } from '@datasens/core/deps.ts';
import type { MiddlewareObj } from '@middy/core';

/** JSON lines for CloudWatch, each with the request that it belongs to. Levels and names are POWERTOOLS_… variables. */
const logger = new Logger({ serviceName: 'datasens' });

export const log: Log = (message, fields = {}) => logger.info(message, { fields });

/**
 * Lambda's context on every line, and a line for what fails: by name and message, which hold no secret. Never the event,
 * whatever POWERTOOLS_LOGGER_LOG_EVENT says: it may hold the token of a state that waits.
 */
export function logged(): MiddlewareObj {
  const { before, after, onError } = injectLambdaContext(logger, { resetKeys: true, logEvent: false });
  return {
    ...(before ? { before } : {}),
    ...(after ? { after } : {}),
    async onError(request) {
      const { error } = request;
      const { name, message } = error instanceof Error ? error : { name: 'unknown', message: String(error) };
      logger.error('failed', { error: { name, message } });
      await onError?.(request);
    },
  };
}
