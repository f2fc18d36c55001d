import type { Encryption } from '@datasens/core/crypto/encryption.ts';
import { type Identities, parseIdentities } from '@datasens/core/crypto/identities.ts';
import { parseSensitiveRules } from '@datasens/core/crypto/sensitive-rules.ts';

/** A pair of age keys, and what machines do with it. */
export interface TestKeys {
  /** `AGE-SECRET-KEY-1…` */
  readonly secret: string;
  readonly recipient: string;
  readonly identities: Identities;
  /** Of a machine that encrypts to it and cannot open what it has written; `rules` as in DATASENS_SENSITIVE. */
  dumping(rules?: Record<string, unknown>): Encryption;
  /** Of one that can open it. */
  restoring(): Encryption;
}

export async function testKeys(): Promise<TestKeys> {
  const { generateX25519Identity } = await import('age-encryption');
  const secret = await generateX25519Identity();
  const identities = await parseIdentities(secret, 'test');
  const [recipient = ''] = identities.recipients;
  const rulesOf = (rules: Record<string, unknown>) =>
    parseSensitiveRules(JSON.stringify(rules), 'test', new Set(Object.keys(rules)));
  return {
    secret,
    recipient,
    identities,
    dumping: (rules = {}) => ({
      recipients: [recipient],
      rules: rulesOf(rules),
      identities: async () => undefined,
    }),
    restoring: () => ({ recipients: [], rules: new Map(), identities: async () => identities }),
  };
}
