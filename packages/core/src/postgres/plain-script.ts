import { AppError } from '../errors.ts';
import { createSqlLexer, isBlank } from './sql-lexer.ts';

/** One piece of a plain dump, in order; concatenated, the pieces are the input to the byte. */
export type ScriptPiece =
  /** The dump's own header line `\restrict KEY` and its footer line `\unrestrict KEY`, with their line ends. */
  | { readonly kind: 'restrict' | 'unrestrict'; readonly bytes: Buffer }
  /** Comments and blank lines before a statement. */
  | { readonly kind: 'blank'; readonly bytes: Buffer }
  /** A statement up to its `;`, or the first part of a very long one; or a psql command. See `SqlLexer.outline`. */
  | { readonly kind: 'statement'; readonly bytes: Buffer; readonly outline: string }
  /** What follows of a very long statement. */
  | { readonly kind: 'rest'; readonly bytes: Buffer }
  /** The rows of COPY from stdin, their end marker, and what stands between the `;` and the first row. */
  | { readonly kind: 'data'; readonly bytes: Buffer };

export interface ScriptFinding {
  /** The line, from 1, on which the statement in question begins. */
  readonly line: number;
  readonly text: string;
}

/** The first of each kind. */
export interface ScriptFindings {
  /** A command that begins or ends a transaction or a part of one. */
  transactionCommand?: ScriptFinding;
  /** Something for which this reader cannot vouch: psql may find other statements than it did. */
  unreadable?: ScriptFinding;
  /** A string that ends elsewhere if code run by the script changed standard_conforming_strings or client_encoding. */
  ambiguous?: ScriptFinding;
  /** No whole plain dump: it ends in the middle, its footer is missing, or it holds a NUL byte. */
  corrupt?: ScriptFinding;
}

export interface RunnableOptions {
  /** Letters and digits; secret until psql has read it, for whoever knows it can leave the restricted mode. */
  readonly restrictKey: string;
  /** False leaves out what sets owners. */
  readonly owners: boolean;
  /** False leaves out GRANT, REVOKE and ALTER DEFAULT PRIVILEGES. */
  readonly privileges: boolean;
}

type Chunks = AsyncIterable<Uint8Array>;

/** Memory stays bounded: a longer statement, or blank space, is given away in parts. */
const LONGEST_PIECE = 1 << 20;
const LONGEST_KEY_LINE = 1024;
const LF = 0x0a;
const BACKSLASH = 0x5c;
const NOTHING: Buffer = Buffer.alloc(0);
const MARKER = Buffer.from('\n\\.');
/** States of the lexer in which a script cannot end. */
const OPEN = new Set<string>(['block comment', 'string', 'escape string', 'quoted name', 'dollar-quoted string']);

const TRANSACTION = /^(?:BEGIN|COMMIT|END|ROLLBACK|ABORT|START|SAVEPOINT|RELEASE|PREPARE TRANSACTION)\b/;
const COPY_IN = /^COPY \S+(?: \. \S+)*(?: \(\))? FROM STD(?:IN|OUT)$/;
const ANY_COPY_IN = /^COPY\b.* FROM STD(?:IN|OUT)\b/;
const OWNER = /^ALTER .* OWNER TO \S+$|^(?:SET|RESET) SESSION AUTHORIZATION\b/;
const RENAME = /(?<! \.) RENAME (?:\w+ )?OWNER TO \S+$/;
const PRIVILEGES = /^(?:GRANT|REVOKE|ALTER DEFAULT PRIVILEGES)\b/;

/** Statements that may change what the lexer goes by, and those of them that do not. */
const LEXER_SETTING =
  /^SET (?:(?:SESSION|LOCAL) )?(?:STANDARD_CONFORMING_STRINGS|CLIENT_ENCODING|NAMES|"")|\bSET_CONFIG\b/;
/** Encodings in which a byte below 0x80 is always an ASCII character: not SJIS, BIG5, GBK, UHC, GB18030, JOHAB. */
const SAFE_ENCODING = 'UTF-?8|UNICODE|SQL_ASCII|LATIN-?\\d+|ISO_8859_\\d|WIN\\d{3,4}|KOI8[RU]?|EUC_\\w+';
const HARMLESS_SETTING = new RegExp(
  `^SET standard_conforming_strings = (?:on|'on');$` +
    `|^SET client_encoding = '(?:${SAFE_ENCODING})';$` +
    `|^SELECT (?:pg_catalog\\.)?set_config\\('(?!standard_conforming_strings|client_encoding)[\\w.]+',[^;()]*\\);$`,
  'i',
);

/** Cuts a plain dump into pieces where psql would; what it finds on the way goes into `findings`. */
export async function* readScript(chunks: Chunks, findings: ScriptFindings = {}): AsyncGenerator<ScriptPiece> {
  for await (const pieces of piecesByChunk(chunks, findings)) yield* pieces;
}

/** Reads a plain dump to its end, to know beforehand what stands in the way of running it. */
export async function inspectScript(chunks: Chunks): Promise<ScriptFindings> {
  const findings: ScriptFindings = {};
  for await (const pieces of piecesByChunk(chunks, findings)) for (const _ of pieces);
  return findings;
}

/**
 * The input for psql: our own `\restrict`, the dump without its header, its footer and what `options` leave out, and
 * our `\unrestrict`. Every psql command of the dump stays, for psql to refuse. Throws `CorruptDump` in place of an
 * end that psql would take for rows: then kill psql, since the end of its input would complete a COPY.
 */
export async function* runnableScript(chunks: Chunks, options: RunnableOptions): AsyncGenerator<Uint8Array> {
  const { restrictKey, owners, privileges } = options;
  if (!/^[A-Za-z0-9]+$/.test(restrictKey)) throw new AppError('InvalidInput', 'a restrict key is letters and digits');
  const findings: ScriptFindings = {};
  const left = ({ outline }: { outline: string }) =>
    (!owners && OWNER.test(outline) && !RENAME.test(outline)) || (!privileges && PRIVILEGES.test(outline));

  yield Buffer.from(`\\restrict ${restrictKey}\n`);
  let dropping = false;
  let lastByte = LF;
  for await (const pieces of piecesByChunk(chunks, findings)) {
    const kept: Buffer[] = [];
    for (const piece of pieces) {
      if (piece.kind === 'restrict' || piece.kind === 'unrestrict') continue;
      if (piece.kind !== 'rest') dropping = piece.kind === 'statement' && left(piece);
      if (!dropping) kept.push(piece.bytes);
    }
    if (findings.corrupt) {
      const { line, text } = findings.corrupt;
      throw new AppError('CorruptDump', `line ${line} of the dump: ${text}`, { line });
    }
    const output = kept.length === 1 && kept[0] ? kept[0] : Buffer.concat(kept);
    lastByte = output.at(-1) ?? lastByte;
    if (output.length > 0) yield output;
  }
  yield Buffer.from(`${lastByte === LF ? '' : '\n'}\\unrestrict ${restrictKey}\n`);
}

async function* piecesByChunk(chunks: Chunks, findings: ScriptFindings): AsyncGenerator<Iterable<ScriptPiece>> {
  const read = scriptReader(findings);
  for await (const chunk of chunks) yield read(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength), false);
  yield read(NOTHING, true);
}

/** The pieces of a script by its chunks; those of one are to be taken before the next is given. */
function scriptReader(findings: ScriptFindings): (chunk: Buffer, last: boolean) => Generator<ScriptPiece> {
  const lexer = createSqlLexer(found);
  let held: Buffer = NOTHING;
  /** How much of `held` the lexer has read. */
  let lexed = 0;
  let mode: 'code' | 'copy line' | 'data' = 'code';
  let line = 1;
  /** The byte before the next piece. */
  let previous = LF;
  let sqlSeen = false;
  let inLongStatement = false;
  let key: string | undefined;
  let footerSeen = false;

  function found(kind: keyof ScriptFindings, text: string): void {
    findings[kind] ??= { line, text };
  }

  function judge(outline: string, whole: Buffer): void {
    if (TRANSACTION.test(outline)) found('transactionCommand', outline.slice(0, 80));
    if (LEXER_SETTING.test(outline) && !HARMLESS_SETTING.test(whole.toString('latin1'))) {
      found('unreadable', `${outline.slice(0, 80)} may change how psql reads what follows`);
    }
    if (!ANY_COPY_IN.test(outline)) return;
    mode = 'copy line';
    if (!COPY_IN.test(outline) || /^COPY BINARY /.test(outline)) found('unreadable', 'COPY with options');
  }

  function keyLine(command: string, bytes: Buffer, at: number): { key: string; end: number } | undefined {
    const text = bytes.toString('latin1', at, at + LONGEST_KEY_LINE);
    const [all, found] = new RegExp(`^\\\\${command} ([A-Za-z0-9]+)\\r?(?:\\n|$)`).exec(text) ?? [];
    return all && found ? { key: found, end: at + all.length } : undefined;
  }

  /** The header or footer that begins at `at`, where a line does; `more` where the next chunk must tell. */
  function ownLine(
    bytes: Buffer,
    at: number,
    last: boolean,
  ): { kind: 'restrict' | 'unrestrict'; end: number } | 'more' | undefined {
    const lineEnds = bytes.subarray(at, at + LONGEST_KEY_LINE).includes(LF);
    if (!lineEnds && !last && bytes.length - at < LONGEST_KEY_LINE) return 'more';
    const header = sqlSeen || key ? undefined : keyLine('restrict', bytes, at);
    if (header) {
      key = header.key;
      return { kind: 'restrict', end: header.end };
    }
    const footer = keyLine('unrestrict', bytes, at);
    if (!footer || footer.key !== key) return undefined;
    let end = footer.end;
    while (isBlank(bytes[end])) end += 1;
    if (end < bytes.length || (!last && end - at > LONGEST_PIECE)) return undefined;
    if (!last) return 'more';
    footerSeen = true;
    return { kind: 'unrestrict', end: footer.end };
  }

  return function* read(chunk, last) {
    const bytes = held.length > 0 ? Buffer.concat([held, chunk]) : chunk;
    let start = 0;
    let at = lexed;
    const give = (end: number) => {
      const part = bytes.subarray(start, end);
      if (part.includes(0)) found('corrupt', 'a NUL byte, which no plain dump holds');
      line += countLines(part);
      previous = part.at(-1) ?? previous;
      start = at = end;
      return part;
    };
    const statement = (end: number): ScriptPiece =>
      inLongStatement
        ? { kind: 'rest', bytes: give(end) }
        : { kind: 'statement', bytes: give(end), outline: lexer.outline };
    const endStatement = (end: number): ScriptPiece => {
      judge(lexer.outline, inLongStatement ? NOTHING : bytes.subarray(start, end));
      const piece = statement(end);
      inLongStatement = false;
      return piece;
    };

    for (;;) {
      if (mode === 'data') {
        const rows = rowsEnd(bytes, start, previous === LF, last);
        if (rows.end > start) yield { kind: 'data', bytes: give(rows.end) };
        if (!rows.done) break;
        mode = 'code';
      } else if (mode === 'copy line') {
        const lineEnd = bytes.indexOf(LF, start);
        const part = give(lineEnd < 0 ? bytes.length : lineEnd + 1);
        // psql would come back to it after the rows.
        if (!part.every(isBlank)) found('unreadable', 'more on the line of COPY');
        if (part.length > 0) yield { kind: 'data', bytes: part };
        if (lineEnd < 0) break;
        mode = 'data';
      } else {
        at = lexer.scan(bytes, at, last);
        if (lexer.stop === 'more') break;
        if (lexer.stop === 'end') {
          yield endStatement(at);
          continue;
        }
        if (at > start) yield { kind: 'blank', bytes: give(at) };
        const own = bytes[at] === BACKSLASH && previous === LF ? ownLine(bytes, at, last) : undefined;
        if (own === 'more') break;
        if (own) yield { kind: own.kind, bytes: give(own.end) };
        else {
          sqlSeen = true;
          lexer.begin();
        }
      }
    }
    if (last) {
      if (mode !== 'code') found('corrupt', 'it ends among the rows of a COPY');
      else if (OPEN.has(lexer.state)) found('corrupt', `it ends inside a ${lexer.state}`);
      else if (key && !footerSeen) {
        found('corrupt', lexer.begun ? 'a statement without an end' : 'its last line, \\unrestrict, is missing');
      }
      if (lexer.begun) yield endStatement(bytes.length);
      else if (start < bytes.length) yield { kind: 'blank', bytes: give(bytes.length) };
    } else if (at - start > LONGEST_PIECE) {
      if (lexer.begun) yield statement(at);
      else yield { kind: 'blank', bytes: give(at) };
      inLongStatement = lexer.begun;
    }
    held = bytes.subarray(start);
    lexed = at - start;
  };
}

/** How far the rows of a COPY reach: to behind their end marker (`done`), or as far as these bytes can tell. */
function rowsEnd(bytes: Buffer, start: number, atLineStart: boolean, last: boolean): { end: number; done: boolean } {
  for (let row = atLineStart ? start : nextMarker(bytes, start); row >= 0; row = nextMarker(bytes, row)) {
    const text = bytes.toString('latin1', row, row + 4);
    const marker = /^\\\.\r?\n/.exec(text)?.[0];
    if (marker) return { end: row + marker.length, done: true };
    // Without its line end, the marker is one at the end of the file only.
    if (/^(?:\\(?:\.\r?)?)?$/.test(text)) {
      return last ? { end: bytes.length, done: text === '\\.' } : { end: row, done: false };
    }
  }
  const undecided = !last && bytes.at(-1) === BACKSLASH && bytes.at(-2) === LF;
  return { end: bytes.length - (undecided ? 1 : 0), done: false };
}

function nextMarker(bytes: Buffer, from: number): number {
  const before = bytes.indexOf(MARKER, from);
  return before < 0 ? -1 : before + 1;
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) count += 1;
  return count;
}
