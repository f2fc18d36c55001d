import type { Context } from 'aws-lambda';

/** A request to a function URL. */
export interface UrlRequest {
  readonly method?: string;
  /** With its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
  /** Who calls; nobody where it is not said. */
  readonly caller?: string;
}

export interface UrlResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body, where it is JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever it expects
  readonly json: any;
}

type Handler = (event: unknown, context: Context) => Promise<unknown>;

/** Calls a handler as its function URL does, payload format 2.0. */
export async function requestUrl(handler: Handler, request: UrlRequest): Promise<UrlResponse> {
  const { method = 'GET', path, headers = {}, body, isBase64Encoded = false, caller } = request;
  const [rawPath = '', rawQueryString = ''] = path.split('?');
  const event = {
    version: '2.0',
    routeKey: '$default',
    rawPath,
    rawQueryString,
    headers,
    requestContext: {
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
      ...(caller === undefined ? {} : { authorizer: { iam: { userArn: caller } } }),
    },
    ...(body === undefined ? {} : { body }),
    isBase64Encoded,
  };
  const context = { functionName: 'url', awsRequestId: '1', getRemainingTimeInMillis: () => 60_000 } as Context;
  const result = (await handler(event, context)) as Omit<UrlResponse, 'status' | 'json'> & {
    readonly statusCode: number;
  };
  return { status: result.statusCode, headers: result.headers, body: result.body, json: parse(result.body) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
