import { AppError } from '../errors.ts';

/** Who may decide by a link, and what their links are signed by. */
export interface LinkSettings {
  readonly approvers: readonly string[];
  /** Printing this object shows nothing of it. */
  readonly secret: () => string;
  /** What the path of a link follows, without a slash at its end; absent where nobody can be sent one. */
  readonly url?: string;
}

/** As those of tokens: they stand in the query of a URL. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$/;
/** A message has a line for each; Slack takes 50 blocks ("Blocks", Slack API). */
const MOST_APPROVERS = 20;
/** RFC 2104, section 3: no shorter than the output of the hash. */
const SECRET_BYTES = 32;
/** So that a link stays whole in every message. */
const LONGEST_URL = 150;

/**
 * `DATASENS_APPROVERS`, `DATASENS_LINK_SECRET` and `DATASENS_APPROVAL_URL`; undefined where there are no approvers and no
 * secret. Throws `ConfigError`, which never repeats the secret.
 */
export function parseLinkSettings(env: NodeJS.ProcessEnv): LinkSettings | undefined {
  const { DATASENS_APPROVERS: names, DATASENS_LINK_SECRET: secret, DATASENS_APPROVAL_URL: url } = env;
  if (!names && !secret) return undefined;
  if (!names || !secret) {
    throw new AppError('ConfigError', 'DATASENS_APPROVERS and DATASENS_LINK_SECRET: expected both, or none');
  }
  if (Buffer.byteLength(secret) < SECRET_BYTES) {
    throw new AppError('ConfigError', `DATASENS_LINK_SECRET: expected ${SECRET_BYTES} bytes at least, at random`);
  }
  return { approvers: parseApprovers(names), secret: () => secret, ...(url ? { url: parseUrl(url) } : {}) };
}

function parseApprovers(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  const isSound = names.every((name) => NAME.test(name)) && new Set(names).size === names.length;
  if (isSound && names.length <= MOST_APPROVERS) return names;
  throw new AppError(
    'ConfigError',
    `DATASENS_APPROVERS: expected up to ${MOST_APPROVERS} names of letters, digits and "._@+-", separated by commas`,
  );
}

/** A link lets in whoever reads it: it goes encrypted, or not beyond this machine. */
function parseUrl(text: string): string {
  const url = URL.parse(text);
  const isPrivate = url?.protocol === 'https:' || /^http:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/.test(text);
  const isPlain = url && !url.search && !url.hash && !url.username && !url.password && text.length <= LONGEST_URL;
  if (isPrivate && isPlain) return url.href.replace(/\/+$/, '');
  throw new AppError(
    'ConfigError',
    `DATASENS_APPROVAL_URL: expected https://host/path, ${LONGEST_URL} characters at most`,
  );
}
