import { isUtf8 } from 'node:buffer';

/** Bytes that are scanned, and what was found on the way. */
export interface Scan {
  /** UTF-8, and a NUL at `size`: it is none of JSON's, so that nothing has to look where the bytes end. */
  readonly bytes: Buffer;
  size: number;
  /** Whether they are UTF-8 indeed. */
  readonly isText: boolean;
  /** Whether nothing comes after them. */
  readonly whole: boolean;
  /** From where on there is room for as many bytes as have escapes. */
  spare: number;
  /** Where the scan stopped: at `size`, where more bytes may help. */
  stoppedAt: number;
  /** What was expected there. */
  expected: string;
  /** Whether the last string has escapes. */
  escaped: boolean;
  /** Why PostgreSQL cannot store what was scanned, though it is JSON; to be taken back for each record. */
  unstorable: string | undefined;
  /** The spans of the keys of the nested objects that are open. */
  keys: Int32Array;
  /** Of each that is open: where its keys begin there, or -1 for an array. */
  open: Int32Array;
}

/** What a scan returns in place of where a value ends. */
export const STOPPED = -1;

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const BEGIN_ARRAY = 0x5b;
export const END_ARRAY = 0x5d;
export const BEGIN_OBJECT = 0x7b;
export const END_OBJECT = 0x7d;
export const BACKSLASH = 0x5c;

const SPACES = Uint8Array.from({ length: 256 }, (_, byte) => (' \t\r\n'.includes(String.fromCharCode(byte)) ? 1 : 0));

/** The chunks in one, as a scan takes them. `whole` says that they are the last. */
export function scanOf(chunks: readonly Uint8Array[], whole: boolean, memory?: Buffer): Scan {
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const hasEscapes = chunks.some((chunk) => chunk.includes(BACKSLASH));
  const wanted = size + 1 + (hasEscapes ? size : 0);
  const bytes = memory && memory.length >= wanted ? memory : Buffer.allocUnsafeSlow(wanted);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  bytes[size] = 0;
  return {
    bytes,
    size,
    isText: isUtf8(bytes.subarray(0, size)),
    whole,
    spare: size + 1,
    stoppedAt: 0,
    expected: '',
    escaped: false,
    unstorable: undefined,
    keys: new Int32Array(64),
    open: new Int32Array(16),
  };
}

export function stop(scan: Scan, at: number, expected: string): number {
  scan.stoppedAt = at;
  scan.expected = expected;
  return STOPPED;
}

export function skipSpace(bytes: Uint8Array, from: number): number {
  let at = from;
  while (SPACES[bytes[at] as number] === 1) at += 1;
  return at;
}
