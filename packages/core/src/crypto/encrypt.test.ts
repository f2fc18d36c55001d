import { generateHybridIdentity, generateX25519Identity } from 'age-encryption';
import { expect, test } from 'vitest';
import { AppError } from '../errors.ts';
import { decrypt } from './decrypt.ts';
import { encrypt } from './encrypt.ts';
import { parseIdentities } from './identities.ts';

/** age seals a file in pieces of 64 KiB. */
const PIECE = 65_536;

const newIdentities = async (generate = generateX25519Identity) => parseIdentities(await generate(), 'test');
const mine = await newIdentities();
const others = await newIdentities();

/** Bytes of a pattern that no piece shares with another. */
const plainOf = (sizeBytes: number) =>
  Buffer.from(Uint8Array.from({ length: sizeBytes }, (_, at) => (at * 31 + (at >> 16)) & 0xff));

async function* inChunks(bytes: Buffer, chunkBytes: number) {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

const sealed = async (plain: Buffer, recipients = mine.recipients) =>
  Buffer.concat(await Array.fromAsync(encrypt(inChunks(plain, 10_000), recipients)));

const opened = async (stored: Buffer, { identities = mine, sizeBytes = stored.length, chunkBytes = 10_000 } = {}) =>
  Buffer.concat(await Array.fromAsync(decrypt(inChunks(stored, chunkBytes), identities, { name: 'it', sizeBytes })));

test.for([0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 5 * PIECE + 7])(
  '%i bytes come back, however they are cut into chunks',
  async (sizeBytes) => {
    const plain = plainOf(sizeBytes);
    for (const chunkBytes of [1_000, PIECE, PIECE + 16, 1_000_000]) {
      const stored = Buffer.concat(await Array.fromAsync(encrypt(inChunks(plain, chunkBytes), mine.recipients)));
      expect(stored.includes(plain.subarray(0, 64)) && sizeBytes >= 64).toBe(false);
      expect(plain.equals(await opened(stored, { chunkBytes }))).toBe(true);
    }
  },
);

test('each of several recipients opens it alone, also with a key that resists quantum computers', async () => {
  const plain = plainOf(100_000);
  const stored = await sealed(plain, [...mine.recipients, ...others.recipients]);
  for (const identities of [mine, others]) expect(plain.equals(await opened(stored, { identities }))).toBe(true);
  const hybrid = await newIdentities(generateHybridIdentity);
  expect(plain.equals(await opened(await sealed(plain, hybrid.recipients), { identities: hybrid }))).toBe(true);
});

test('a body may use the memory of a chunk again', async () => {
  async function* body() {
    const memory = Buffer.alloc(PIECE);
    for (let round = 0; round < 5; round += 1) yield memory.fill(round);
    memory.fill(0xff);
  }
  const stored = Buffer.concat(await Array.fromAsync(encrypt(body(), mine.recipients)));
  const plain = await opened(stored);
  expect([0, 1, 2, 3, 4].map((round) => plain[round * PIECE + 1])).toEqual([0, 1, 2, 3, 4]);
});

test('a body is asked no faster than its ciphertext is taken, and let go when that is left', async () => {
  let asked = 0;
  let left = false;
  async function* body() {
    try {
      for (;;) {
        asked += 1;
        yield Buffer.alloc(PIECE);
      }
    } finally {
      left = true;
    }
  }
  let taken = 0;
  for await (const chunk of encrypt(body(), mine.recipients)) {
    taken += chunk.length;
    expect(asked * PIECE).toBeLessThanOrEqual(taken + 6 * PIECE);
    if (taken > 50 * PIECE) break;
  }
  expect(left).toBe(true);
  expect(asked).toBeGreaterThan(40);
});

test('what a body throws comes through unchanged, both ways', async () => {
  const failure = new AppError('ToolFailed', 'pg_dump left');
  async function* body(bytes: Buffer) {
    yield* inChunks(bytes, 20_000);
    throw failure;
  }
  await expect(Array.fromAsync(encrypt(body(plainOf(100_000)), mine.recipients))).rejects.toBe(failure);
  const stored = await sealed(plainOf(200_000));
  for (const cut of [0, 50, 90_000]) {
    const reading = Array.fromAsync(decrypt(body(stored.subarray(0, cut)), mine, { name: 'it' }));
    await expect(reading).rejects.toBe(failure);
  }
});

test('another key than those it was encrypted to is told apart from damage, and named by its public key', async () => {
  await expect(opened(await sealed(plainOf(10)), { identities: others })).rejects.toMatchObject({
    name: 'NotAllowed',
    message: expect.stringContaining(`it is encrypted to other keys than ${others.recipients[0]}`),
    details: { reason: 'wrong key' },
  });
});

const long = await sealed(plainOf(3 * PIECE));
const headerBytes = long.indexOf('\n--- ') + 5 + 43 + 1;
/** The header and its nonce are followed by pieces of 64 KiB and 16 bytes. */
const cuts = [
  0,
  10,
  headerBytes - 5,
  headerBytes,
  headerBytes + 16,
  headerBytes + 16 + PIECE + 16,
  long.length - PIECE - 16,
];

test('where it is known to be for this key, a header that it does not open is damaged', async () => {
  const stored = Buffer.from(await sealed(plainOf(10)));
  stored.write(stored.at(40) === 0x41 ? 'B' : 'A', 40);
  const read = (recipients: readonly string[]) =>
    Array.fromAsync(decrypt(inChunks(stored, 1_000), mine, { name: 'it', sizeBytes: stored.length, recipients }));
  await expect(read(mine.recipients)).rejects.toMatchObject({ details: { reason: 'damaged' } });
  await expect(read(others.recipients)).rejects.toMatchObject({ details: { reason: 'wrong key' } });
});

test.for([...cuts, PIECE, long.length - 1])('cut short after %i bytes, it is truncated', async (sizeBytes) => {
  await expect(opened(long.subarray(0, sizeBytes), { sizeBytes: long.length })).rejects.toMatchObject({
    name: 'CorruptDump',
    message: expect.stringContaining(`it is cut short: it ends after ${sizeBytes} bytes, of ${long.length}`),
    details: { reason: 'truncated' },
  });
});

test('cut short, it is truncated also where nobody knows how long it was', async () => {
  const read = Array.fromAsync(decrypt(inChunks(long.subarray(0, 100_000), 9_000), mine, { name: 'it' }));
  await expect(read).rejects.toMatchObject({ name: 'CorruptDump', details: { reason: 'truncated' } });
});

test.for([
  0,
  headerBytes - 3,
  headerBytes + 3,
  headerBytes + 20,
  PIECE,
  2 * PIECE,
  long.length - PIECE,
  long.length - 1,
])('altered at byte %i, it is damaged, and nothing of that piece or after it comes out', async (at) => {
  const stored = Buffer.from(long);
  stored.writeUInt8(stored.readUInt8(at) ^ 1, at);
  const chunks: Uint8Array[] = [];
  const reading = async () => {
    for await (const chunk of decrypt(inChunks(stored, 10_000), mine, { name: 'it', sizeBytes: long.length }))
      chunks.push(chunk);
  };
  await expect(reading()).rejects.toMatchObject({ name: 'CorruptDump', details: { reason: 'damaged' } });
  const out = Buffer.concat(chunks);
  expect(out.length).toBeLessThanOrEqual(Math.max(0, at - headerBytes));
  expect(
    plainOf(3 * PIECE)
      .subarray(0, out.length)
      .equals(out),
  ).toBe(true);
});

test('followed by more, it is damaged', async () => {
  const stored = Buffer.concat([long, Buffer.from('more')]);
  await expect(opened(stored, { sizeBytes: long.length })).rejects.toMatchObject({ details: { reason: 'damaged' } });
});

test('what is no age file, and has no line end, is given up before it fills the memory', async () => {
  let asked = 0;
  let left = false;
  async function* endless() {
    try {
      for (;;) {
        asked += 1;
        yield Buffer.alloc(1_048_576, 'x');
      }
    } finally {
      left = true;
    }
  }
  await expect(Array.fromAsync(decrypt(endless(), mine, { name: 'it' }))).rejects.toMatchObject({
    name: 'CorruptDump',
    details: { reason: 'damaged' },
  });
  expect(asked).toBeLessThan(8);
  expect(left).toBe(true);
});
