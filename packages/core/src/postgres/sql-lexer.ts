/**
 * The lexer that cuts a script into statements where psql does (PostgreSQL's src/fe_utils/psqlscan.l), on bytes and
 * over any chunk boundary. Where psql and the server may read the same bytes in two ways, or psql's versions differ,
 * it makes a note instead of a guess.
 */
export interface SqlLexer {
  /** Reads on from `from` and returns where it stopped; `stop` says why. */
  scan(bytes: Buffer, from: number, last: boolean): number;
  /** `start`: before a statement's first byte, until `begin` is called. `end`: behind its last byte. Else `more`. */
  readonly stop: 'start' | 'end' | 'more';
  begin(): void;
  readonly begun: boolean;
  /**
   * The statement's tokens outside parentheses, one space between them: words in upper case, a quoted name as `""`,
   * a string as `''`, a pair of parentheses as `()`. Cut where it grows long.
   */
  readonly outline: string;
  /** What the lexer is inside of, e.g. `string`; `code` when nothing is open. */
  readonly state: State;
}

/**
 * `unreadable`: psql may split otherwise. `ambiguous`: where a string ends depends on standard_conforming_strings or
 * on client_encoding, which code that the script runs could have changed unseen.
 */
export type LexerNote = (kind: 'unreadable' | 'ambiguous', text: string) => void;

type State =
  | 'code'
  | 'line comment'
  | 'block comment'
  | 'string'
  | 'escape string'
  | 'quoted name'
  | 'dollar-quoted string'
  | 'psql command';

/** What a chunk's end may keep us from deciding is held back; a single word longer than this is not waited for. */
const LONGEST_WORD = 1 << 20;
const LONGEST_OUTLINE = 512;

const BLANK = 1;
const LETTER = 2;
const DIGIT = 4;
const DOLLAR = 8;
const DOT = 16;
const CLASS = new Uint8Array(256);
for (const blank of ' \t\n\r\f') CLASS[blank.charCodeAt(0)] = BLANK;
for (let byte = 0; byte < 256; byte += 1) {
  if (byte >= 0x80 || /[A-Za-z_]/.test(String.fromCharCode(byte))) CLASS[byte] = LETTER;
}
for (const digit of '0123456789') CLASS[digit.charCodeAt(0)] = DIGIT;
CLASS[0x24] = DOLLAR;
CLASS[0x2e] = DOT;

const classOf = (byte: number | undefined) => CLASS[byte ?? 0] ?? 0;
export const isBlank = (byte: number | undefined) => classOf(byte) === BLANK;
const isUpper = (byte: number | undefined) => byte !== undefined && byte >= 0x41 && byte <= 0x5a;

/** How a statement in a BEGIN ATOMIC body may begin. The server lets no other in. */
const BODY_STATEMENT = new Set('SELECT INSERT UPDATE DELETE MERGE WITH VALUES TABLE RETURN ()'.split(' '));
const ROUTINE = /^CREATE (?:OR REPLACE )?(?:FUNCTION|PROCEDURE)(?: |$)/;

export function createSqlLexer(note: LexerNote): SqlLexer {
  let stop: SqlLexer['stop'] = 'more';
  let state: State = 'code';
  let begun = false;
  let outline = '';
  let lastToken = '';
  let comments = 0;
  let parens = 0;
  /** psql's begin_depth: open BEGINs and CASEs in the body of CREATE FUNCTION. */
  let begins = 0;
  let atomic = false;
  /** Whether the next token begins a statement that psql does not see as one. */
  let headDue = false;
  let tag: Buffer = Buffer.alloc(0);
  /** Whether an odd number of backslashes was last in the string so far. */
  let oddSlashes = false;
  /** Whether nothing but blanks and comments stand between here and an E'…' before. */
  let afterEscape = false;

  function finish(): void {
    begun = false;
    stop = 'end';
  }

  function token(text: string): void {
    if (parens > 0) return;
    if (headDue && !BODY_STATEMENT.has(text) && !(text === 'END' && begins === 0)) {
      note('unreadable', `${text} follows a ; that psql does not take for the end of a statement`);
    }
    headDue = false;
    lastToken = text;
    if (outline.length < LONGEST_OUTLINE) outline += outline ? ` ${text}` : text;
  }

  function word(text: string): void {
    if (begins > 0 && text === 'ATOMIC' && lastToken === 'BEGIN') atomic = true;
    if ((text === 'BEGIN' || ((text === 'CASE' || text === 'END') && begins > 0)) && ROUTINE.test(outline)) {
      begins += text === 'END' ? -1 : 1;
    }
    token(text);
  }

  /** The end of the run of `classes` from `from`, or -1 where only the next chunk can tell. */
  function runEnd(bytes: Buffer, from: number, classes: number, last: boolean): number {
    let end = from;
    while (end < bytes.length && (classOf(bytes[end]) & classes) !== 0) end += 1;
    if (end - from >= LONGEST_WORD) note('unreadable', 'a word of more than 1 MiB');
    else if (end === bytes.length && !last) return -1;
    return end;
  }

  /** One token of plain code, or -1 where it may not be whole. */
  function code(bytes: Buffer, at: number, last: boolean): number {
    const byte = bytes[at];
    const next = bytes[at + 1];
    switch (classOf(byte)) {
      case LETTER: {
        const end = runEnd(bytes, at, LETTER | DIGIT | DOLLAR, last);
        if (end < 0) return -1;
        const letter = end - at === 1 ? (byte ?? 0) | 0x20 : 0;
        if (letter === 0x65 && next === 0x27) {
          token("''");
          state = 'escape string';
          return end + 1;
        }
        // N'…', B'…', X'…', U&'…' and U&"…" end as '…' and "…" do.
        const prefix = next === 0x27 ? [0x6e, 0x62, 0x78] : next === 0x26 ? [0x75] : [];
        if (parens === 0 && !prefix.includes(letter)) {
          word(bytes.toString('latin1', at, Math.min(end, at + 64)).toUpperCase());
        }
        return end;
      }
      case DIGIT: {
        let end = runEnd(bytes, at, DIGIT | DOT, last);
        if (end < 0 || (end + 2 >= bytes.length && !last && end - at < LONGEST_WORD)) return -1;
        if (((bytes[end] ?? 0) | 0x20) === 0x65) {
          const exponent = bytes[end + 1] === 0x2b || bytes[end + 1] === 0x2d ? end + 2 : end + 1;
          if (classOf(bytes[exponent]) === DIGIT) end = runEnd(bytes, exponent, DIGIT, last);
          if (end < 0) return -1;
        }
        if ((classOf(bytes[end]) & (LETTER | DOLLAR)) !== 0) note('unreadable', 'a number with letters at its end');
        token('0');
        return end;
      }
      case DOLLAR: {
        const digit = classOf(next) === DIGIT;
        const end = digit ? at + 1 : runEnd(bytes, at + 1, LETTER | DIGIT, last);
        if (end < 0) return -1;
        if (digit || bytes[end] !== 0x24) return at + 1;
        token("''");
        tag = Buffer.from(bytes.subarray(at, end + 1));
        state = 'dollar-quoted string';
        return end + 1;
      }
    }
    switch (byte) {
      case 0x27:
        // Whether E'a' 'b' goes on as an escape string depends on the kind of line end, and on whom one asks.
        if (afterEscape) note('unreadable', "a string that continues E'…'");
        token("''");
        state = 'string';
        oddSlashes = false;
        return at + 1;
      case 0x22:
        token('""');
        state = 'quoted name';
        return at + 1;
      case 0x28:
        token('()');
        parens += 1;
        return at + 1;
      case 0x29:
        parens = Math.max(0, parens - 1);
        return at + 1;
      case 0x3b:
        if (parens === 0 && begins === 0) finish();
        else if (begins > 0) {
          if (!atomic) note('unreadable', 'BEGIN without ATOMIC in CREATE FUNCTION');
          headDue = true;
        }
        return at + 1;
      case 0x3a:
        return colon(bytes, at, last);
      case 0x5c:
        if (next === undefined && !last) return -1;
        if (next === 0x3b || next === 0x3a) {
          note('unreadable', `\\${String.fromCharCode(next)}`);
          return at + 2;
        }
        note('unreadable', 'a psql command');
        state = 'psql command';
        return at + 1;
    }
    token(String.fromCharCode(byte ?? 0));
    return at + 1;
  }

  /** `:name`, `:'name'`, `:"name"` and `:{?name}` are psql's variables; those that psql itself sets are upper-case. */
  function colon(bytes: Buffer, at: number, last: boolean): number {
    if (at + 2 >= bytes.length && !last) return -1;
    const next = bytes[at + 1];
    if (next === 0x3a) return at + 2;
    const quoted = next === 0x27 || next === 0x22;
    const bare = (classOf(next) & (LETTER | DIGIT)) !== 0;
    const end = bare ? runEnd(bytes, at + 1, LETTER | DIGIT, last) : at + 1;
    if (end < 0) return -1;
    // psql reads :e'…' as the variable e and a plain string, the server as a colon and an escape string.
    if (next === 0x7b || isUpper(bytes[quoted ? at + 2 : at + 1]) || (bare && bytes[end] === 0x27)) {
      note('unreadable', 'a psql variable');
    }
    return end;
  }

  /** Reads on inside a comment, a quoted thing or a command, to its end or the chunk's. */
  function inside(bytes: Buffer, from: number, last: boolean): number {
    let at = from;
    const close = (end: number) => {
      state = 'code';
      return end;
    };
    switch (state) {
      case 'line comment':
        while (at < bytes.length && bytes[at] !== 0x0a && bytes[at] !== 0x0d) at += 1;
        return at < bytes.length ? close(at) : at;
      case 'block comment':
        for (; at < bytes.length; at += 1) {
          const byte = bytes[at];
          if (byte !== 0x2f && byte !== 0x2a) continue;
          if (at + 1 === bytes.length) return last ? at + 1 : at;
          if (byte + (bytes[at + 1] ?? 0) !== 0x2f + 0x2a) continue;
          comments += byte === 0x2f ? 1 : -1;
          at += 1;
          if (comments === 0) return close(at + 1);
        }
        return at;
      case 'string': {
        const quote = bytes.indexOf(0x27, at);
        const end = quote < 0 ? bytes.length : quote;
        let slash = end;
        while (slash > at && bytes[slash - 1] === 0x5c) slash -= 1;
        oddSlashes = ((end - slash) % 2 === 1) !== (slash === at && oddSlashes);
        if (quote < 0) return end;
        if (oddSlashes) note('ambiguous', 'a backslash before a quote in a string');
        return close(end + 1);
      }
      case 'escape string':
        for (; at < bytes.length; at += 1) {
          const byte = bytes[at];
          if (byte !== 0x5c && byte !== 0x27) continue;
          if (at + 1 === bytes.length && !last) return at;
          if (byte === 0x5c && (bytes[at - 1] ?? 0x80) >= 0x80) note('ambiguous', "a backslash after é in E'…'");
          if (byte === 0x27 && bytes[at + 1] !== 0x27) {
            afterEscape = true;
            return close(at + 1);
          }
          at += 1;
        }
        return bytes.length;
      case 'quoted name':
        for (;;) {
          const quote = bytes.indexOf(0x22, at);
          if (quote < 0) return bytes.length;
          if (quote + 1 === bytes.length && !last) return quote;
          if (bytes[quote + 1] !== 0x22) return close(quote + 1);
          at = quote + 2;
        }
      case 'dollar-quoted string': {
        const end = bytes.indexOf(tag, at);
        if (end >= 0) return close(end + tag.length);
        return last ? bytes.length : Math.max(at, bytes.length - tag.length + 1);
      }
      default: {
        const lineEnd = bytes.indexOf(0x0a, at);
        if (lineEnd < 0) return bytes.length;
        if (outline === '') finish();
        return close(lineEnd);
      }
    }
  }

  function scan(bytes: Buffer, from: number, last: boolean): number {
    let at = from;
    stop = 'more';
    while (at < bytes.length && stop === 'more') {
      if (state !== 'code') {
        const next = inside(bytes, at, last);
        if (next === at && (state as State) !== 'code') return at;
        at = next;
        continue;
      }
      const byte = bytes[at];
      if (isBlank(byte)) {
        at += 1;
        continue;
      }
      if (byte === 0x2d || byte === 0x2f) {
        const next = bytes[at + 1];
        if (next === undefined && !last) return at;
        if (next === (byte === 0x2d ? 0x2d : 0x2a)) {
          state = byte === 0x2d ? 'line comment' : 'block comment';
          comments = 1;
          at += 2;
          continue;
        }
      }
      if (!begun) {
        stop = 'start';
        return at;
      }
      const next = code(bytes, at, last);
      if (next < 0) return at;
      at = next;
      afterEscape = false;
    }
    return at;
  }

  return {
    scan,
    begin: () => {
      begun = true;
      outline = lastToken = '';
      headDue = atomic = afterEscape = false;
    },
    get stop() {
      return stop;
    },
    get begun() {
      return begun;
    },
    get outline() {
      return outline;
    },
    get state() {
      return state;
    },
  };
}
