import { parseConfig } from '@datasens/core/config.ts';
import { AppError } from '@datasens/core/errors.ts';
import type { HttpAnswer } from '@datasens/core/http/answer.ts';
import { UrlEvent, urlResult } from '@datasens/core/http/function-url.ts';
import { errorAnswer, toldError } from '@datasens/core/http/http-error.ts';
import { withSecrets } from '@datasens/core/secrets/with-secrets.ts';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { deadlineOf } from '../task/deadline.ts';
import { log, logged } from '../task/logged.ts';
import { callerOf } from './caller-of.ts';
import { errorPage } from './error-page.ts';
import { fieldsOf, readBody } from './read-body.ts';
import { type AnyRoute, findRoute } from './route.ts';
import { wantsPage } from './wants-page.ts';

/**
 * A Lambda handler behind a function URL: finds the route, checks who calls, and what is asked by the route's schemas, bounds
 * the time by Lambda's own, and makes answers of results and errors alike. It throws nothing.
 */
export function http(routes: readonly AnyRoute[]) {
  return middy()
    .use(logged())
    .use({
      onError(request) {
        request.response = urlResult(withoutBody(request.event, refusal(request.event, request.error)));
      },
    })
    .handler(async (event: unknown, context: Context) => {
      const answer = await answerTo(routes, UrlEvent.parse(event), context);
      return urlResult(withoutBody(event, answer));
    });
}

async function answerTo(routes: readonly AnyRoute[], event: UrlEvent, context: Context): Promise<HttpAnswer> {
  const { route, path } = findRoute(routes, event.requestContext.http.method, event.rawPath);
  const caller = route.caller === 'known' ? callerOf(event) : '';
  const query = checked(route.query, fieldsOf(new URLSearchParams(event.rawQueryString)));
  const body = route.body && checked(route.body, readBody(event, route.forms ?? false));
  using deadline = deadlineOf(context);
  const { signal } = deadline;
  try {
    const call = { config: parseConfig(await withSecrets(process.env, signal)), signal, log };
    const asked = { query: query as never, body: body as never, path, caller, headers: event.headers };
    return await route.answer(call, asked);
  } catch (error) {
    throw deadline.causeOf(error);
  }
}

function checked(schema: z.ZodType, value: unknown): unknown {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  throw new AppError('InvalidInput', z.prettifyError(error));
}

/** A page for a person, JSON for everybody else. */
function refusal(event: unknown, error: unknown): HttpAnswer {
  const headers = UrlEvent.safeParse(event).data?.headers ?? {};
  return wantsPage(headers) ? errorPage(toldError(error)) : errorAnswer(error);
}

/** RFC 9110, section 9.3.2. */
function withoutBody(event: unknown, answer: HttpAnswer): HttpAnswer {
  const isHead = UrlEvent.safeParse(event).data?.requestContext.http.method === 'HEAD';
  return isHead ? { ...answer, body: '' } : answer;
}
