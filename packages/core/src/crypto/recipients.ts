import { bech32 } from '@scure/base';
import { AppError } from '../errors.ts';

/**
 * How many bytes a key has, by what its Bech32 begins with (https://c2sp.org/age, "recipient types"). They are looked at
 * here, for the library itself takes longer to load than many a command runs.
 */
const KEY_BYTES: Readonly<Record<string, number>> = { age: 32, age1pq: 1216 };

/**
 * The age recipients in `text`, separated by commas or white space, each once: `age1…`, or `age1pq1…` for keys that
 * resist quantum computers, which age does not mix. Throws `ConfigError` with all that is wrong, by place: what stands
 * there may be a secret.
 */
export function parseRecipients(text: string, name: string): readonly string[] {
  const entries = [...new Set(text.split(/[\s,]+/).filter((entry) => entry !== ''))];
  const problems = entries.flatMap((entry, index) => {
    const problem = problemOf(entry);
    return problem === undefined ? [] : [`${index + 1} of ${entries.length} ${problem}`];
  });
  if (entries.length === 0) problems.push('names none');
  if (new Set(entries.map(isHybrid)).size > 1) {
    problems.push('holds age1pq1… and age1… together, which leaves the weaker: name keys of one kind');
  }
  if (problems.length > 0) throw new AppError('ConfigError', `${name}: ${problems.join(', ')}`, { problems });
  return entries;
}

function problemOf(entry: string): string | undefined {
  if (/^age-secret-key-/i.test(entry)) {
    return 'is a secret key, which this side must not have: name its public key (age-keygen -y)';
  }
  if (/^ssh-|^ecdsa-/.test(entry)) return 'is a key of SSH: expected one of age, as age-keygen makes it';
  if (!/^age1(?!tag|.*1yubikey)/.test(entry)) return 'is no age recipient: expected age1…';
  return isWhole(entry) ? undefined : 'is damaged: expected age1…, whole, as age-keygen prints it';
}

function isWhole(recipient: string): boolean {
  try {
    const { prefix, words } = bech32.decode(recipient, false);
    return bech32.fromWords(words).length === KEY_BYTES[prefix];
  } catch {
    return false;
  }
}

function isHybrid(recipient: string): boolean {
  return recipient.startsWith('age1pq1');
}
