import { isUtf8 } from 'node:buffer';

/** A record that could not be read. Nothing else is known of it, and nothing of it is lost. */
export interface Reject {
  /** Physical line, from 1, counted from the beginning of the file. */
  readonly line: number;
  /** As `rawText` shows it. */
  readonly raw: string;
  readonly reason: string;
}

/** The text of a record without its line end. Bytes that are no text are shown as `\xHH`. */
export function rawText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return buffer.toString('utf8');
  let text = '';
  for (let at = 0; at < buffer.length; ) {
    const length = sequenceLength(buffer, at);
    text += length > 0 ? buffer.toString('utf8', at, at + length) : `\\x${buffer.toString('hex', at, at + 1)}`;
    at += Math.max(1, length);
  }
  return text;
}

/** Of the character at `at`; 0 where there is none. */
function sequenceLength(buffer: Buffer, at: number): number {
  const byte = buffer[at] ?? 0;
  const length = byte < 0x80 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
  return at + length <= buffer.length && isUtf8(buffer.subarray(at, at + length)) ? length : 0;
}
