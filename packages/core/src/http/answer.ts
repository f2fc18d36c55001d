/** An answer to a request by HTTP, before anybody has sent it. */
export interface HttpAnswer {
  readonly status: number;
  /** By lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * On every answer: nobody keeps it, guesses another type of it, frames it, or is told by the next site where it was read.
 * A page allows for itself what it needs.
 */
const SAFE_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

export function jsonAnswer(status: number, value: unknown, headers: HttpAnswer['headers'] = {}): HttpAnswer {
  const body = `${JSON.stringify(value)}\n`;
  return { status, headers: { ...SAFE_HEADERS, 'content-type': 'application/json', ...headers }, body };
}

/** `body` is HTML whose values are escaped; `csp` says what it may load and where its forms may go. */
export function pageAnswer(status: number, body: string, csp: string): HttpAnswer {
  const headers = {
    ...SAFE_HEADERS,
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `${SAFE_HEADERS['content-security-policy']}; base-uri 'none'; ${csp}`,
  };
  return { status, headers, body };
}
