import type { Grammar } from './scan-record.ts';

export interface Field {
  readonly text: string;
  readonly quoted: boolean;
}

/** The fields of a record without flaw, by the bounds that `scanRecord` gave, for a sample: the reader has csv-parse. */
export function fieldsOf(bytes: Buffer, bounds: readonly number[], grammar: Grammar): Field[] {
  const fields: Field[] = [];
  for (let index = 0; index < bounds.length; index += 2) {
    const start = bounds[index] ?? 0;
    const end = bounds[index + 1] ?? 0;
    const quoted = bytes[start] === grammar.quote && end > start;
    fields.push({
      quoted,
      text: quoted ? unquote(bytes.toString('utf8', start + 1, end - 1), grammar) : bytes.toString('utf8', start, end),
    });
  }
  return fields;
}

function unquote(text: string, { quote, escapeBy }: Grammar): string {
  const mark = String.fromCharCode(escapeBy);
  if (!text.includes(mark)) return text;
  let plain = '';
  for (let at = 0; at < text.length; at += 1) {
    const isEscape = text[at] === mark && (text.charCodeAt(at + 1) === quote || text[at + 1] === mark);
    if (isEscape) at += 1;
    plain += text[at];
  }
  return plain;
}
