import { ESCAPED, type FieldPlaces, NULL, PLACE } from './field-place.ts';
import type { Grammar } from './scan-record.ts';

/** The value of the field whose place begins at `at` in `places`. */
export function fieldText(bytes: Buffer, places: FieldPlaces, at: number, grammar: Grammar): string | null {
  const kind = places[at];
  if (kind === NULL) return null;
  const content = bytes.toString('utf8', places[at + 1], places[at + 2]);
  return kind === ESCAPED ? unescaped(content, grammar) : content;
}

/** The values of `count` fields, the first of which has its place at `at`. */
export function fieldTexts(
  bytes: Buffer,
  places: FieldPlaces,
  { at, count }: { readonly at: number; readonly count: number },
  grammar: Grammar,
): (string | null)[] {
  return Array.from({ length: count }, (_, index) => fieldText(bytes, places, at + index * PLACE, grammar));
}

/** An escape stands before a quote or another escape; anywhere else it is a character like any other, as in COPY. */
function unescaped(text: string, { quote, escapeBy }: Grammar): string {
  const mark = String.fromCharCode(escapeBy);
  let plain = '';
  for (let at = 0; at < text.length; at += 1) {
    const isEscape = text[at] === mark && (text.charCodeAt(at + 1) === quote || text[at + 1] === mark);
    if (isEscape) at += 1;
    plain += text[at];
  }
  return plain;
}
