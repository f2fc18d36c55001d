import { isUtf8 } from 'node:buffer';
import { AppError } from '../../errors.ts';
import type { Certainty, Finding } from '../csv/finding.ts';
import type { Encoding } from './encoding.ts';

export interface FoundEncoding extends Finding {
  readonly encoding: Encoding;
  /** Whether the text begins with one. */
  readonly byteOrderMark: boolean;
}

/** Bytes that Windows-1252 leaves undefined. */
const UNDEFINED_IN_1252 = [0x81, 0x8d, 0x8f, 0x90, 0x9d];

/**
 * The encoding of a text by its beginning: byte order mark, the pattern of zero bytes, validity as UTF-8, and what is
 * left; or as told. Throws `InvalidInput` for UTF-32 and for what is no text at all.
 */
export function detectEncoding(head: Buffer, complete: boolean, told?: Encoding): FoundEncoding {
  if (told !== undefined) return { ...found(told, 'as told', 'told'), byteOrderMark: beginsWithMark(head, told) };
  return byMark(head) ?? byZeroBytes(head) ?? byValidity(head, complete);
}

function byMark(head: Buffer): FoundEncoding | undefined {
  const mark = head.subarray(0, 4).toString('hex');
  if (mark.startsWith('efbbbf')) return marked('utf-8');
  if (mark === 'fffe0000' || mark === '0000feff') {
    throw new AppError('InvalidInput', 'the text is UTF-32: convert it to UTF-8 first');
  }
  if (mark.startsWith('fffe')) return marked('utf-16le');
  if (mark.startsWith('feff')) return marked('utf-16be');
  return undefined;
}

/** Delimiters, digits and line ends have a zero byte in UTF-16, always on the same side. */
function byZeroBytes(head: Buffer): FoundEncoding | undefined {
  const zeros = [0, 0];
  for (let at = head.indexOf(0); at !== -1; at = head.indexOf(0, at + 1)) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  const pairs = head.length / 2;
  if (even + odd < Math.max(2, pairs * 0.05)) return undefined;
  if (even === 0) return found('utf-16le', 'every second byte of its ASCII characters is zero', 'likely');
  if (odd === 0) return found('utf-16be', 'every other byte of its ASCII characters is zero', 'likely');
  if (even + odd > head.length * 0.1) {
    throw new AppError('InvalidInput', 'expected text, got binary data of no known kind', { zeroBytes: even + odd });
  }
  return undefined;
}

function byValidity(head: Buffer, complete: boolean): FoundEncoding {
  if (head.every((byte) => byte < 0x80)) {
    refuseControlCharacters(head);
    return found('utf-8', complete ? 'it is all ASCII' : 'its beginning is all ASCII', complete ? 'certain' : 'likely');
  }
  const whole = complete ? head : withoutCutCharacter(head);
  if (isUtf8(whole)) return found('utf-8', 'every character of it is valid UTF-8');
  refuseControlCharacters(head);
  const { valid, invalid } = countSequences(whole);
  if (valid > invalid * 4) {
    return found('utf-8', `${valid} characters are valid UTF-8, ${invalid} bytes are not`, 'likely');
  }
  const undefinedBytes = UNDEFINED_IN_1252.filter((byte) => head.includes(byte));
  if (undefinedBytes.length > 0) {
    const bytes = undefinedBytes.map((byte) => `0x${byte.toString(16)}`).join(', ');
    return found('windows-1252', `it is not UTF-8, and ${bytes} is no character of Windows-1252 either`, 'unsure');
  }
  return found('windows-1252', 'it is not UTF-8, and every byte is a character of Windows-1252', 'likely');
}

/** Without the last character, where the sample ends in the middle of it. */
function withoutCutCharacter(head: Buffer): Buffer {
  for (let back = 1; back <= Math.min(3, head.length); back++) {
    const byte = head[head.length - back] ?? 0;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? head.subarray(0, head.length - back) : head;
    }
    if (byte < 0x80) return head;
  }
  return head;
}

function countSequences(bytes: Buffer): { valid: number; invalid: number } {
  const text = bytes.toString('utf8');
  let valid = 0;
  let invalid = 0;
  for (const character of text) {
    if (character === '\ufffd') invalid += 1;
    else if (character > '\x7f') valid += 1;
  }
  return { valid, invalid };
}

/** White space, the end of a DOS text, and what some separate fields and records by. */
const CONTROLS_OF_TEXT: ReadonlySet<number> = new Set([
  0x00, 0x01, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1a, 0x1c, 0x1d, 0x1e, 0x1f,
]);

function refuseControlCharacters(head: Buffer): void {
  let controls = 0;
  for (const byte of head) if (byte < 0x20 && !CONTROLS_OF_TEXT.has(byte)) controls += 1;
  if (controls > 8 && controls > head.length * 0.02) {
    throw new AppError('InvalidInput', 'expected text, got binary data of no known kind', {
      controlCharacters: controls,
    });
  }
}

function beginsWithMark(head: Buffer, encoding: Encoding): boolean {
  const marks: Partial<Record<Encoding, string>> = { 'utf-8': 'efbbbf', 'utf-16le': 'fffe', 'utf-16be': 'feff' };
  const mark = marks[encoding];
  return mark !== undefined && head.subarray(0, 3).toString('hex').startsWith(mark);
}

function marked(encoding: Encoding): FoundEncoding {
  return { ...found(encoding, 'it begins with a byte order mark'), byteOrderMark: true };
}

function found(encoding: Encoding, because: string, certainty: Certainty = 'certain'): FoundEncoding {
  return { property: 'encoding', encoding, byteOrderMark: false, certainty, because };
}
