import { AppError } from './errors.ts';

/** Whom notifications are sent to; nobody where it is empty. */
export interface NotifyTargets {
  readonly topic?: Topic;
  readonly webhook?: Webhook;
}

/** A standard topic of Amazon SNS. */
export interface Topic {
  readonly arn: string;
  /** The one that the ARN names. */
  readonly region: string;
}

/** Who knows its URL can post: printing this object shows the origin alone. */
export interface Webhook {
  /** `https://hooks.slack.com`. */
  readonly origin: string;
  readonly url: () => string;
}

/** Amazon SNS API reference, "CreateTopic": up to 256 letters, digits, `-` and `_`; those of a FIFO topic end in `.fifo`. */
const TOPIC = /^arn:aws[a-z-]*:sns:([a-z]{2,}(?:-[a-z]+)+-\d+):\d{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?$/;

/** Throws `ConfigError`, which never repeats the text: who mixes the variables up puts a secret here. */
export function parseTopic(text: string, name: string): Topic {
  const [arn, region, isFifo] = TOPIC.exec(text) ?? [];
  if (arn === undefined || region === undefined) {
    throw new AppError('ConfigError', `${name}: expected the ARN of a topic, arn:aws:sns:REGION:ACCOUNT:NAME`);
  }
  // Mail and SMS cannot subscribe to one (Amazon SNS developer guide, "FIFO topics").
  if (isFifo) throw new AppError('ConfigError', `${name}: expected a standard topic, got a FIFO one`);
  return { arn, region };
}

/** The URL that JSON is posted to. Throws `ConfigError`, which never repeats it. */
export function parseWebhook(text: string, name: string): Webhook {
  const fail = (problem: string) => new AppError('ConfigError', `${name}: ${problem}`);
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) throw fail('expected a URL, https://host/path');
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw fail('expected https://: over http:// to another machine everybody on the way could read it');
  }
  if (url.username || url.password) throw fail('expected a URL without user and password: a webhook has its key in it');
  const { href } = url;
  return { origin: url.origin, url: () => href };
}

/** As `URL` writes host names. */
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
