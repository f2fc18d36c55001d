import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { expect, test } from 'vitest';
import { parseIdentities, readIdentities } from './identities.ts';
import { parseRecipients } from './recipients.ts';

const secret = await generateX25519Identity();
const recipient = await identityToRecipient(secret);
const other = await identityToRecipient(await generateX25519Identity());
const hybrid = await identityToRecipient(await generateHybridIdentity());
/** A secret key with a letter changed: its check sum tells. */
const misspelt = secret.replace(/.$/, (last) => (last === 'Q' ? 'P' : 'Q'));

test('recipients are separated by commas, spaces or lines, and each is meant once', () => {
  expect(parseRecipients(` ${recipient},\n${other} ${recipient}`, 'R')).toEqual([recipient, other]);
  expect(parseRecipients(hybrid, 'R')).toEqual([hybrid]);
});

test('all that is wrong with recipients is told at once, by its place, and a secret among them is not repeated', () => {
  const damaged = other.slice(0, -1) + (other.endsWith('q') ? 'p' : 'q');
  const text = [recipient, secret, 'ssh-ed25519', damaged, 'bob', 'age1tag1xyz', hybrid].join(' ');
  const said = () => parseRecipients(text, 'DATASENS_RECIPIENTS');
  expect(said).toThrow(
    expect.objectContaining({
      name: 'ConfigError',
      message:
        'DATASENS_RECIPIENTS: 2 of 7 is a secret key, which this side must not have: name its public key (age-keygen -y), ' +
        '3 of 7 is a key of SSH: expected one of age, as age-keygen makes it, ' +
        '4 of 7 is damaged: expected age1…, whole, as age-keygen prints it, ' +
        '5 of 7 is no age recipient: expected age1…, 6 of 7 is no age recipient: expected age1…, ' +
        'holds age1pq1… and age1… together, which leaves the weaker: name keys of one kind',
    }),
  );
  expect(() => parseRecipients(' , ', 'R')).toThrow('R: names none');
});

test('a file of identities is read as age-keygen writes it; comments are left alone', async () => {
  const { recipients } = await parseIdentities(
    `# created: today\r\n# public key: ${recipient}\r\n${secret}\r\n\r\n`,
    'f',
  );
  expect(recipients).toEqual([recipient]);
});

test.for([
  ['a key that is misspelt', `# mine\n${misspelt}\n${secret}`, 'f: no age identity on line 2'],
  ['a public key', recipient, 'f: no age identity on line 1'],
  ['nothing', '# nothing\n', 'f: there is no age identity'],
  ['a key of SSH', '-----BEGIN OPENSSH PRIVATE KEY-----\n…', 'f: it is a key of SSH'],
  ['a file with a passphrase', 'age-encryption.org/v1\n-> scrypt …', 'f: it is encrypted itself'],
])('%s is no identity; the message tells the line, not the key', async ([, text = '', says = '']) => {
  const error = await parseIdentities(text, 'f').catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name: 'ConfigError', message: expect.stringContaining(says) });
  expect(inspect(error, { depth: 9 })).not.toContain(misspelt.slice(20, 40));
});

test('a secret key is nowhere in what is printed of identities', async () => {
  const identities = await parseIdentities(secret, 'f');
  expect(inspect(identities, { depth: 9, showHidden: true }) + JSON.stringify(identities)).not.toContain(
    secret.slice(20, 40),
  );
});

test('a file that others may read is warned of, and one that is not there is named', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'key.txt');
  const warnings: string[] = [];
  const warn = (message: string) => warnings.push(message);
  await writeFile(file, secret, { mode: 0o600 });
  await readIdentities({ file }, warn);
  expect(warnings).toEqual([]);
  await chmod(file, 0o640);
  expect((await readIdentities({ file }, warn)).recipients).toEqual([recipient]);
  expect(warnings).toEqual([expect.stringContaining(`chmod 600 ${file}`)]);
  await expect(readIdentities({ file: `${file}.gone` }, warn)).rejects.toMatchObject({
    name: 'ConfigError',
    message: `DATASENS_IDENTITY, ${file}.gone: cannot be read (ENOENT)`,
  });
});
