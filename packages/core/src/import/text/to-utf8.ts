import type { Encoding } from './encoding.ts';

/**
 * The text as UTF-8 bytes without byte order mark, chunk by chunk. Nothing is replaced: what is no character of
 * `encoding` comes out as bytes that are no UTF-8 either (a byte undefined in Windows-1252 as it is, half a surrogate
 * pair as its three bytes), so that the row it stands in can be told and rejected.
 */
export function toUtf8(bytes: AsyncIterable<Uint8Array>, encoding: Encoding): AsyncIterable<Uint8Array> {
  switch (encoding) {
    case 'utf-8':
      return withoutMark(bytes);
    case 'utf-16le':
    case 'utf-16be':
      return withoutMark(fromUtf16(bytes, encoding === 'utf-16be'));
    case 'windows-1252':
      return fromSingleBytes(bytes, WINDOWS_1252);
    case 'iso-8859-1':
      return fromSingleBytes(bytes, ISO_8859_1);
  }
}

const MARK = Buffer.from('\ufeff');

async function* withoutMark(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let start: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of bytes) {
    if (start === undefined) {
      yield chunk;
      continue;
    }
    start = Buffer.concat([start, chunk]);
    if (start.length < MARK.length) continue;
    const rest = start.subarray(start.subarray(0, MARK.length).equals(MARK) ? MARK.length : 0);
    start = undefined;
    if (rest.length > 0) yield rest;
  }
  if (start !== undefined && start.length > 0) yield start;
}

async function* fromSingleBytes(
  bytes: AsyncIterable<Uint8Array>,
  table: readonly Uint8Array[],
): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    const out = Buffer.allocUnsafe(chunk.length * 3);
    let length = 0;
    for (const byte of chunk) {
      if (byte < 0x80) out[length++] = byte;
      else for (const part of table[byte - 0x80] as Uint8Array) out[length++] = part;
    }
    yield out.subarray(0, length);
  }
}

const HIGH_BYTES = Array.from({ length: 128 }, (_, index) => index + 0x80);
const decoder1252 = new TextDecoder('windows-1252');

/** WHATWG's table gives the five undefined bytes as control characters; here they stay what they are. */
const WINDOWS_1252 = HIGH_BYTES.map((byte) => {
  const character = decoder1252.decode(Uint8Array.of(byte));
  return character.charCodeAt(0) === byte && byte < 0xa0 ? Uint8Array.of(byte) : Buffer.from(character);
});
const ISO_8859_1 = HIGH_BYTES.map((byte) => Buffer.from(String.fromCharCode(byte)));

async function* fromUtf16(bytes: AsyncIterable<Uint8Array>, bigEndian: boolean): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const chunk of bytes) {
    const all = Buffer.concat([rest, chunk]);
    const whole = wholeUnits(all, bigEndian);
    rest = all.subarray(whole);
    if (whole > 0) yield encodeUnits(all.subarray(0, whole), bigEndian);
  }
  // Half a pair, and half a unit: 0xFF is no UTF-8.
  if (rest.length >= 2) yield encodeUnits(rest.subarray(0, rest.length & ~1), bigEndian);
  if (rest.length % 2 === 1) yield Uint8Array.of(0xff);
}

/** How many bytes hold whole code units, without a first half of a pair at the end. */
function wholeUnits(bytes: Buffer, bigEndian: boolean): number {
  const whole = bytes.length & ~1;
  if (whole === 0) return 0;
  const high = bytes[bigEndian ? whole - 2 : whole - 1] ?? 0;
  return high >= 0xd8 && high <= 0xdb ? whole - 2 : whole;
}

function encodeUnits(bytes: Uint8Array, bigEndian: boolean): Uint8Array {
  const units = Buffer.from(bytes);
  if (bigEndian) units.swap16();
  const text = units.toString('utf16le');
  return text.isWellFormed() ? Buffer.from(text) : encodeIllFormed(text);
}

function encodeIllFormed(text: string): Uint8Array {
  const parts = [...text].map((character) =>
    character.isWellFormed() ? Buffer.from(character) : surrogateBytes(character.charCodeAt(0)),
  );
  return Buffer.concat(parts);
}

function surrogateBytes(unit: number): Buffer {
  return Buffer.of(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));
}
