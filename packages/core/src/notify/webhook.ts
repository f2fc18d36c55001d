import { AppError } from '../errors.ts';
import type { Webhook } from '../notify-targets.ts';
import type { Channel } from './channel.ts';
import { retryAfterMs } from './retry-after.ts';
import { isTlsCode } from './tls-codes.ts';

/** So much of a refusal is read. */
const MOST_BYTES = 1_024;
const CHECK = 'check DATASENS_NOTIFY_WEBHOOK';

/** Posts Slack's JSON to a URL. Redirects are not followed: nobody has said that whoever is there may read it. */
export function webhookChannel({ url }: Webhook): Channel {
  return {
    name: 'webhook',
    async send({ slack }, signal) {
      const response = await post(url(), JSON.stringify(slack), signal);
      try {
        if (!response.ok) throw await refusalOf(response, url());
      } finally {
        // Nobody wants the rest of it, and the connection is not kept for that.
        await response.body?.cancel().catch(() => undefined);
      }
    },
  };
}

async function post(url: string, body: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      redirect: 'manual',
      signal,
    });
  } catch (error) {
    signal.throwIfAborted();
    throw unreachable(error);
  }
}

/** Of what failed on the way the code alone is told: a message may hold the URL. */
function unreachable(error: unknown): AppError {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const said = /^[A-Z][A-Z0-9_]*$/.test(code) ? ` (${code})` : '';
  if (isTlsCode(code)) {
    return new AppError(
      'ConfigError',
      `the certificate of the webhook is not accepted${said}: ${CHECK}, or name its authority in NODE_EXTRA_CA_CERTS`,
    );
  }
  // Fetch standard, "Port blocking".
  if (cause instanceof Error && cause.message === 'bad port') {
    return new AppError('ConfigError', `the port of the webhook is one of those that nobody may post to: ${CHECK}`);
  }
  return new AppError('Transient', `the webhook cannot be reached${said}`);
}

async function refusalOf(response: Response, url: string): Promise<AppError> {
  const { status, headers } = response;
  if (status === 429 || status >= 500) {
    return new AppError('Transient', `the webhook answers ${status}`, {
      retryAfterMs: retryAfterMs(headers.get('retry-after'), headers.get('date')),
    });
  }
  if (status < 400) {
    return new AppError('ConfigError', `the webhook answers ${status}, and redirects are not followed: ${CHECK}`);
  }
  const code = await slackCode(response, url);
  return new AppError('NotAllowed', `the webhook refuses it: ${status}${code && ` (${code})`}: ${CHECK}`);
}

/** One of Slack's, such as `invalid_blocks` or `no_service`; other words may repeat the request. */
async function slackCode({ body }: Response, url: string): Promise<string> {
  let text = '';
  try {
    for await (const chunk of body ?? []) {
      text += Buffer.from(chunk).toString('latin1');
      if (text.length > MOST_BYTES) break;
    }
  } catch {
    // Cut off: the status has told enough.
  }
  return /^[a-z]+(_[a-z]+)+$/.test(text) && !url.includes(text) ? text : '';
}
