import { Agent } from 'node:https';
import { AppError, type ErrorName } from '../errors.ts';
import type { Topic } from '../notify-targets.ts';
import { authoritiesWith } from '../storage/s3/authorities.ts';
import type { Channel } from './channel.ts';
import { retryAfterMs } from './retry-after.ts';
import { isTlsCode } from './tls-codes.ts';

export interface SnsOptions {
  /** A PEM file of certificate authorities to trust besides Node's own (`AWS_CA_BUNDLE`). */
  readonly caBundle?: string | undefined;
}

/**
 * Publishes to a topic. Credentials, and an endpoint that is not AWS's own (`AWS_ENDPOINT_URL_SNS`), are for the SDK's
 * usual chain to find.
 */
export function snsChannel({ arn, region }: Topic, { caBundle }: SnsOptions = {}): Channel {
  return {
    name: 'sns',
    async send({ subject, text, kind }, signal) {
      // Most commands tell nobody anything, and are not to wait for it.
      const { SNSClient, PublishCommand } = await import('@aws-sdk/client-sns');
      const client = new SNSClient({
        region,
        // Who calls repeats it, in a time that all channels keep to.
        maxAttempts: 1,
        ...(caBundle ? { requestHandler: { httpsAgent: new Agent({ ca: authoritiesWith(caBundle) }) } } : {}),
      });
      const request = new PublishCommand({
        TopicArn: arn,
        Subject: subject,
        Message: text,
        // For the filter policy of a subscription.
        MessageAttributes: { kind: { DataType: 'String', StringValue: kind } },
      });
      try {
        await client.send(request, { abortSignal: signal });
      } catch (error) {
        signal.throwIfAborted();
        throw explainSnsError(error);
      } finally {
        client.destroy();
      }
    },
  };
}

type Explanation = readonly [name: ErrorName, said: string];

const BUSY: Explanation = ['Transient', 'SNS is busy or fails'];

/** By the codes of Amazon SNS API reference, "Publish" and "Common errors". */
const CODES: Readonly<Record<string, Explanation>> = {
  AuthorizationError: ['NotAllowed', 'the credentials lack sns:Publish on the topic, or its key in KMS refuses them'],
  NotFound: ['ConfigError', 'there is no such topic: correct DATASENS_NOTIFY_TOPIC'],
  InvalidParameter: ['ConfigError', 'the topic does not take it: check DATASENS_NOTIFY_TOPIC'],
  CredentialsProviderError: [
    'ConfigError',
    'no credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile (AWS_PROFILE)',
  ],
  Throttled: BUSY,
  Throttling: BUSY,
  KMSThrottling: BUSY,
  RequestLimitExceeded: BUSY,
};

/** Of the SDK's error its code alone: the rest may quote the request's signature, or who the credentials are of. */
function explainSnsError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { name, Code, code, $metadata, $response } = error as Error & {
    readonly Code?: string;
    readonly code?: string;
    readonly $metadata?: { readonly httpStatusCode?: number };
    readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
  };
  const status = $metadata?.httpStatusCode;
  const said = Code ?? code ?? name;
  const [kind, what] = CODES[said] ?? byStatus(status, said);
  const { 'retry-after': retryAfter, date } = $response?.headers ?? {};
  const answered = status === undefined ? '' : `, ${status}`;
  return new AppError(kind, `${what} (${said}${answered})`, {
    ...(kind === 'Transient' ? { retryAfterMs: retryAfterMs(retryAfter, date) } : {}),
  });
}

function byStatus(status: number | undefined, code: string): Explanation {
  if (status === undefined && isTlsCode(code)) {
    return ['ConfigError', 'the certificate of SNS is not accepted: name its authority in AWS_CA_BUNDLE'];
  }
  if (status === undefined) return ['Transient', 'SNS cannot be reached, or the connection was lost'];
  if (status === 429 || status >= 500) return BUSY;
  return ['NotAllowed', 'SNS refuses the request: check the credentials'];
}
