import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSamePerson } from '@datasens/core/approval/same-person.ts';
import { AppError } from '@datasens/core/errors.ts';
import * as z from 'zod';
import { isMissing } from '../embedded/error-code.ts';
import { withFileLock } from '../embedded/file-lock.ts';
import { isLoopback } from './loopback.ts';

/** The name of whoever has a token is their `utilisateur`. */
const Name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$/);

const Stored = z.strictObject({
  tokens: z.array(
    z.strictObject({ name: Name, sha256: z.string().regex(/^[0-9a-f]{64}$/), createdAt: z.iso.datetime() }),
  ),
});
type Token = z.infer<typeof Stored>['tokens'][number];

/** Tells what it is for where somebody finds it. */
const PREFIX = 'datasens_';
const BYTES = 32;

/**
 * Makes a token for a name, which nobody can be shown again: a home keeps its SHA-256 alone. A name has one. Throws
 * `InvalidInput` for what is no name, and `Conflict` for one that has a token, or that only case sets apart.
 */
export async function createToken(home: string, name: string, now: Date, signal: AbortSignal): Promise<string> {
  if (!Name.safeParse(name).success) {
    throw new AppError('InvalidInput', `${JSON.stringify(name)}: expected up to 64 letters, digits and "._@+-"`);
  }
  const token = PREFIX + randomBytes(BYTES).toString('base64url');
  await change(home, signal, (tokens) => {
    const taken = tokens.find((other) => isSamePerson(other.name, name));
    if (taken) throw new AppError('Conflict', `${taken.name} has a token: revoke that first`);
    return [...tokens, { name, sha256: digestOf(token).toString('hex'), createdAt: now.toISOString() }];
  });
  return token;
}

/** From the next request on it lets nobody in. Throws `NotFound`. */
export async function revokeToken(home: string, name: string, signal: AbortSignal): Promise<void> {
  await change(home, signal, (tokens) => {
    const left = tokens.filter((token) => token.name !== name);
    if (left.length < tokens.length) return left;
    throw new AppError('NotFound', `${name} has no token: datasens token list has those that have one`);
  });
}

/** Who has one, and since when. Throws `ConfigError` for a file that is none of ours. */
export async function listTokens(home: string): Promise<Pick<Token, 'name' | 'createdAt'>[]> {
  return (await read(home)).map(({ name, createdAt }) => ({ name, createdAt }));
}

/** Throws `ConfigError` where other machines would be let in at an address, and nobody has a token. */
export async function expectTokens(home: string, address: string): Promise<void> {
  if (isLoopback(address) || (await listTokens(home)).length > 0) return;
  throw new AppError('ConfigError', `nobody has a token, by which to listen at ${address}: datasens token create NAME`);
}

/** Whose token it is; undefined where it is nobody's. How long it takes tells nothing of any token. */
export async function ownerOf(home: string, token: string): Promise<string | undefined> {
  const digest = digestOf(token);
  const owners = (await read(home)).filter(({ sha256 }) => timingSafeEqual(Buffer.from(sha256, 'hex'), digest));
  return owners[0]?.name;
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

async function change(home: string, signal: AbortSignal, edit: (tokens: readonly Token[]) => readonly Token[]) {
  await mkdir(home, { recursive: true });
  await withFileLock(join(home, 'tokens.lock'), signal, async () => {
    const tokens = edit(await read(home));
    const path = pathIn(home);
    // Whole, or not there: who reads meanwhile must not find half of it.
    const written = `${path}.${process.pid}`;
    await writeFile(written, JSON.stringify({ tokens }, null, 2), { mode: 0o600 });
    await rename(written, path);
  });
}

async function read(home: string): Promise<readonly Token[]> {
  try {
    return Stored.parse(JSON.parse(await readFile(pathIn(home), 'utf8'))).tokens;
  } catch (error) {
    if (isMissing(error)) return [];
    throw new AppError('ConfigError', `${pathIn(home)} is not as datasens token writes it`, { cause: error });
  }
}

function pathIn(home: string): string {
  return join(home, 'tokens.json');
}
