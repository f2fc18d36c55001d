import { AppError } from '../errors.ts';
import type { Identities } from './identities.ts';
import type { SensitiveRules } from './sensitive-rules.ts';

/** The keys of this machine, and what they are for. */
export interface Encryption {
  /** The age public keys that sensitive dumps and rejects are encrypted to; empty where none are set. */
  readonly recipients: readonly string[];
  readonly rules: SensitiveRules;
  /** The identities that open them, read when they are needed; undefined where none are set. Throws `ConfigError`. */
  readonly identities: () => Promise<Identities | undefined>;
}

/** The recipients of what is sensitive. Throws `ConfigError` where there are none: it is not stored in the clear instead. */
export function expectRecipients(encryption: Encryption | undefined): readonly string[] {
  const recipients = encryption?.recipients ?? [];
  if (recipients.length > 0) return recipients;
  throw new AppError(
    'ConfigError',
    'what is sensitive is stored encrypted, and there is no key to encrypt it to: set DATASENS_RECIPIENTS to age public keys (age-keygen)',
  );
}

/**
 * The identities that open `what`, before any of it is read. Throws `ConfigError` where none are set, and `NotAllowed`
 * where none of them is of one of its `recipients`, as far as those are known.
 */
export async function expectIdentities(
  encryption: Encryption | undefined,
  what: string,
  recipients?: readonly string[],
): Promise<Identities> {
  const identities = await encryption?.identities();
  const whose = recipients ? `the identity of ${recipients.join(' or ')}` : 'the age identity that opens it';
  if (!identities) {
    throw new AppError('ConfigError', `${what} is encrypted: set DATASENS_IDENTITY to a file with ${whose}`, {
      recipients,
    });
  }
  if (!recipients || opens(identities, recipients)) return identities;
  throw new AppError(
    'NotAllowed',
    `${what} is encrypted, and not to ${identities.recipients.join(' or ')}: set DATASENS_IDENTITY to a file with ${whose}`,
    { reason: 'wrong key', recipients, identities: identities.recipients },
  );
}

/** Whether one of the identities is of one of the recipients. */
export function opens(identities: Identities, recipients: readonly string[]): boolean {
  return identities.recipients.some((recipient) => recipients.includes(recipient));
}
