import type { Config } from '@datasens/core/config.ts';
import { decrypt } from '@datasens/core/crypto/decrypt.ts';
import { encrypt } from '@datasens/core/crypto/encrypt.ts';
import { opens } from '@datasens/core/crypto/encryption.ts';
import { type Identities, readIdentities } from '@datasens/core/crypto/identities.ts';
import { AppError } from '@datasens/core/errors.ts';
import type { Check } from './doctor-checks.ts';

/** What is encrypted here can be decrypted, by whom that can be known. */
export function checkEncryption({ recipients, identity }: Config): Check {
  return {
    part: 'encryption',
    async run() {
      if (recipients.length === 0 && !identity)
        return 'no keys are set (DATASENS_RECIPIENTS): dumps are stored as they are';
      const warnings: string[] = [];
      const identities = identity && (await readIdentities(identity, (message) => warnings.push(message)));
      const found = identities ? await checkIdentities(recipients, identities) : blindly(recipients);
      return [found, ...warnings].join('; ');
    },
  };
}

function blindly(recipients: readonly string[]): string {
  return (
    `sensitive dumps are encrypted to ${recipients.join(', ')}, and this machine cannot open them. Whoever loses ` +
    `${recipients.length === 1 ? 'its identity' : 'all of their identities'} loses the dumps: keep one apart`
  );
}

async function checkIdentities(recipients: readonly string[], identities: Identities): Promise<string> {
  const own = identities.recipients;
  if (recipients.length > 0 && !opens(identities, recipients)) {
    throw new AppError(
      'ConfigError',
      `DATASENS_IDENTITY, of ${own.join(', ')}, opens nothing that is encrypted to DATASENS_RECIPIENTS, ${recipients.join(', ')}`,
    );
  }
  const whom = recipients.length > 0 ? recipients : own;
  const sample = Buffer.from('datasens doctor');
  const plain = await Array.fromAsync(decrypt(encrypt([sample], whom), identities, { name: 'a sample' }));
  if (!Buffer.concat(plain).equals(sample)) {
    throw new AppError('ConfigError', `what is encrypted to ${whom.join(', ')} does not come back as it was`);
  }
  return `what is encrypted to ${whom.join(', ')} opens here`;
}
