import { readFile, stat } from 'node:fs/promises';
import type { Decrypter } from 'age-encryption';
import { AppError } from '../errors.ts';

/** Secret keys of age. They cannot be read from it, only used: what is printed or journalled by mistake has none. */
export interface Identities {
  /** Their public keys. */
  readonly recipients: readonly string[];
  /** A decrypter that tries each of them. */
  readonly decrypter: () => Decrypter;
}

/** Where identities come from: a file as `age-keygen` writes it, or a secret that holds what would stand in one. */
export type IdentitySource = { readonly file: string } | { readonly secret: string };

/**
 * Reads identities. `warn` is told where others than the file's owner may read it. Throws `ConfigError`, which names the
 * line of what is wrong and never what stands in it.
 */
export async function readIdentities(source: IdentitySource, warn: (message: string) => void): Promise<Identities> {
  if ('secret' in source) return parseIdentities(source.secret, 'DATASENS_IDENTITY_SECRET');
  const { file } = source;
  const where = `DATASENS_IDENTITY, ${file}`;
  let text: string;
  try {
    const { mode } = await stat(file);
    if ((mode & 0o077) !== 0) warn(`${where}: others than its owner may read the secret keys: chmod 600 ${file}`);
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new AppError('ConfigError', `${where}: cannot be read (${code || 'no file'})`, { cause: error });
  }
  return parseIdentities(text, where);
}

/** Of lines as `age-keygen` writes them: comments, and `AGE-SECRET-KEY-…`. Throws `ConfigError`, of all lines at once. */
export async function parseIdentities(text: string, where: string): Promise<Identities> {
  refuseOtherKeys(text, where);
  const age = await import('age-encryption');
  const decrypterOf = (keys: readonly string[]) => {
    const decrypter = new age.Decrypter();
    for (const key of keys) decrypter.addIdentity(key);
    return decrypter;
  };
  // The words of the library are not passed on: they may quote the key.
  const isIdentity = (line: string) => {
    try {
      return Boolean(decrypterOf([line]));
    } catch {
      return false;
    }
  };
  const keys: string[] = [];
  const bad: number[] = [];
  for (const [index, written] of text.split(/\r?\n/).entries()) {
    const line = written.trim();
    if (line === '' || line.startsWith('#')) continue;
    if (isIdentity(line)) keys.push(line);
    else bad.push(index + 1);
  }
  if (bad.length > 0 || keys.length === 0) {
    const what = bad.length > 0 ? `no age identity on line ${bad.join(', ')}` : 'there is no age identity';
    throw new AppError('ConfigError', `${where}: ${what}. Expected AGE-SECRET-KEY-1…, as age-keygen writes it`, {
      lines: bad,
    });
  }
  return {
    recipients: await Promise.all(keys.map((key) => age.identityToRecipient(key))),
    decrypter: () => decrypterOf(keys),
  };
}

function refuseOtherKeys(text: string, where: string): void {
  const head = text.trimStart();
  const kind =
    head.startsWith('age-encryption.org/') || head.startsWith('-----BEGIN AGE')
      ? 'it is encrypted itself: decrypt it first (age -d), or name an identity without a passphrase'
      : /^-----BEGIN |^ssh-/.test(head)
        ? 'it is a key of SSH or TLS: make one of age (age-keygen)'
        : undefined;
  if (kind) throw new AppError('ConfigError', `${where}: ${kind}`);
}
