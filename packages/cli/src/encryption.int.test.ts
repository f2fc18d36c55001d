import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { datasens } from '@datasens/testkit/cli.ts';
import { futureDatabase } from '@datasens/testkit/database.ts';
import { type Newcomer, newcomer } from '@datasens/testkit/newcomer.ts';
import { testKeys } from '@datasens/testkit/test-keys.ts';
import { expect, test } from 'vitest';

const keys = await testKeys();
const others = await testKeys();

async function identityFile({ folder }: Newcomer, secret: string, mode = 0o600): Promise<string> {
  const path = join(folder, `key-${mode}.txt`);
  await writeFile(path, `# public key: none of your business\n${secret}\n`, { mode });
  return path;
}

test('a sensitive dump, from the command that has public keys to the one that has the identity', async () => {
  await using world = await newcomer();
  await using target = futureDatabase();
  const dumping = { ...world.env, DATASENS_RECIPIENTS: keys.recipient };
  const dump = await datasens(['dump', '--sensitive', '--json'], dumping);
  expect(dump.json).toMatchObject({
    dumpId: 1,
    key: expect.stringMatching(/\.dump\.age$/),
    encryption: { recipients: [keys.recipient] },
    objects: { data: { plain: { sha256: expect.any(String) } } },
    rows: 3,
    tables: null,
    sequences: null,
  });
  expect((await datasens(['verify', '1'], dumping)).stdout).toContain('read back as they are stored, encrypted');

  const refused = await datasens(['restore', '1', '--into', target.url], dumping);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(`the identity of ${keys.recipient}`) });

  const restoring = { ...world.env, DATASENS_IDENTITY: await identityFile(world, keys.secret) };
  const restored = await datasens(['restore', '1', '--into', target.url, '--prove'], restoring);
  expect(restored).toMatchObject({ code: 0, stderr: '' });
  const verified = await datasens(['verify', '1'], { ...world.env, DATASENS_IDENTITY_SECRET: keys.secret });
  expect(verified.stdout).toContain('read back and decrypted');
  const exposed = await datasens(['verify', '1', '--json'], {
    ...world.env,
    DATASENS_IDENTITY: await identityFile(world, keys.secret, 0o644),
  });
  expect(exposed).toMatchObject({ code: 0, json: { decrypted: true }, stderr: expect.stringContaining('chmod 600') });
});

test('a dump that a rule is about is encrypted unasked', async () => {
  await using world = await newcomer();
  const env = { ...world.env, DATASENS_RECIPIENTS: keys.recipient, DATASENS_SENSITIVE: '{"default": ["t01_*"]}' };
  const { stdout } = await datasens(['dump'], env);
  expect(stdout).toContain(`for     ${keys.recipient}`);
});

test('doctor says whether what is encrypted can be opened, and by whom', async () => {
  await using world = await newcomer();
  const examine = async (env: Record<string, string>) => {
    const { stdout } = await datasens(['doctor'], { ...world.env, ...env });
    expect(stdout).not.toContain('AGE-SECRET-KEY');
    return /^(?:ok|FAIL) +encryption .*$/m.exec(stdout)?.[0];
  };
  const DATASENS_RECIPIENTS = `${keys.recipient} ${others.recipient}`;
  const DATASENS_IDENTITY = await identityFile(world, keys.secret);
  expect(await examine({})).toMatch(/^ok +encryption +no keys are set/);
  expect(await examine({ DATASENS_RECIPIENTS })).toMatch(/^ok .* Whoever loses all of their identities/);
  expect(await examine({ DATASENS_RECIPIENTS, DATASENS_IDENTITY })).toMatch(/^ok .* opens here$/);
  expect(await examine({ DATASENS_IDENTITY })).toMatch(/^ok .* opens here$/);
  expect(await examine({ DATASENS_RECIPIENTS: others.recipient, DATASENS_IDENTITY })).toMatch(/^FAIL .* opens nothing/);
  expect(await examine({ DATASENS_IDENTITY: `${DATASENS_IDENTITY}.gone` })).toMatch(/^FAIL .* cannot be read/);
});
