import type { Dialect } from './dialect.ts';

/**
 * Why `COPY … FROM STDIN (FORMAT csv)` cannot read the stored bytes as they are; nothing where it can, with DELIMITER,
 * QUOTE, ESCAPE, ENCODING and HEADER given from the dialect (PostgreSQL 15, "COPY"). It is about the dialect alone:
 * blank rows and rejects are COPY's to stumble on.
 */
export function whyNotCopyReadable(dialect: Dialect): string | undefined {
  const { encoding, lineEnd, delimiter, quote, skipLines, headerRows, footerLines } = dialect;
  if (encoding.startsWith('utf-16')) return `PostgreSQL has no ${encoding}`;
  if (lineEnd === 'mixed') return 'its rows end in several ways';
  if (!isCopyCharacter(delimiter))
    return `COPY takes one ASCII character as delimiter, not ${JSON.stringify(delimiter)}`;
  if (quote === null || dialect.escape === null) return 'COPY has no CSV without quotes';
  if (!isCopyCharacter(quote) || !isCopyCharacter(dialect.escape))
    return 'COPY takes one ASCII character as quote and as escape';
  if (dialect.byteOrderMark && headerRows === 0)
    return 'COPY would take its byte order mark for a part of the first value';
  if (skipLines > 0) return 'lines stand before its header';
  if (headerRows > 1) return 'its header has several rows';
  if (footerLines > 0) return 'lines stand after its last row';
  return undefined;
}

export function isCopyReadable(dialect: Dialect): boolean {
  return whyNotCopyReadable(dialect) === undefined;
}

function isCopyCharacter(text: string): boolean {
  return text.length === 1 && text < '\x80' && text !== '\n' && text !== '\r' && text !== '\0';
}
