import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { JsonObject } from '../step-functions/json.ts';
import type { RequestTarget } from './request-target.ts';

/** The host has seen to them: a function knows who calls, and needs not know by what. */
const KEPT_BACK = new Set(['authorization', 'cookie', 'proxy-authorization']);

/**
 * The event that a function URL hands to its function, payload format 2.0 (Lambda Developer Guide, "Invoking Lambda function
 * URLs"). Who calls stands where AWS has the principal; nothing of the request can put anything there.
 */
export function urlEvent(
  request: IncomingMessage,
  { rawPath, rawQuery }: RequestTarget,
  { caller, body, at }: { readonly caller: string | undefined; readonly body: Buffer; readonly at: Date },
): JsonObject {
  const { host = '', 'user-agent': userAgent = '' } = request.headers;
  const method = request.method ?? '';
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString: rawQuery,
    headers: headersOf(request),
    queryStringParameters: joined(new URLSearchParams(rawQuery)),
    requestContext: {
      accountId: 'anonymous',
      apiId: 'host',
      domainName: host,
      domainPrefix: 'host',
      ...(caller === undefined ? {} : { authorizer: { iam: { userArn: caller } } }),
      http: {
        method,
        path: rawPath,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent,
      },
      requestId: randomUUID(),
      routeKey: '$default',
      stage: '$default',
      timeEpoch: at.getTime(),
    },
    ...(body.byteLength === 0 ? {} : { body: body.toString('base64') }),
    isBase64Encoded: body.byteLength > 0,
  };
}

/** Those that came more than once are joined by commas, as Lambda does. */
function headersOf({ headersDistinct }: IncomingMessage): JsonObject {
  const kept = Object.entries(headersDistinct).filter(([name]) => !KEPT_BACK.has(name));
  return Object.fromEntries(kept.map(([name, values = []]) => [name, values.join(',')]));
}

function joined(params: URLSearchParams): JsonObject {
  return Object.fromEntries([...new Set(params.keys())].map((name) => [name, params.getAll(name).join(',')]));
}
