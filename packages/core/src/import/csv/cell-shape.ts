/**
 * What a cell looks like, for the sniffer: what people write as a number or a date, in any notation. What PostgreSQL
 * would take is another question (`types/`).
 */
export type CellShape = 'empty' | 'number' | 'date' | 'time' | 'boolean' | 'address' | 'code' | 'text';

const NUMBER =
  /^[-+(]?\s?[£$€¥]?\s?[-+]?(\d{1,3}([ ,.'\u00a0\u202f]\d{3})+|\d+)?([.,]\d+)?([eE][-+]?\d+)?\s?[%£$€¥)]?$/;
const DATE =
  /^(\d{4}[-/.]\d{1,2}([-/.]\d{1,2})?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}[- ]?[A-Za-zÀ-ÿ]{3,9}\.?[- ,]*\d{2,4}|[A-Za-z]{3,9}[- ]\d{1,2},? ?\d{2,4}|[A-Za-z]{3}[- ]\d{2,4})([ T]+\d{1,2}:\d\d(:\d\d([.,]\d+)?)?( ?[AaPp]\.?[Mm]\.?)?( ?(Z|UTC|[-+]\d\d:?(\d\d)?))?)?$/;
const TIME = /^\d{1,3}:\d\d(:\d\d([.,]\d+)?)?( ?[AaPp]\.?[Mm]\.?)?$/;
const BOOLEAN = /^(true|false|yes|no|y|n|t|f|vrai|faux|oui|non)$/i;
const ADDRESS =
  /^([a-z][a-z0-9+.-]*:\/\/\S+|www\.\S+|[^\s@,;]+@[^\s@,;]+\.[a-z]{2,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;
/** Words that stand for a value that is not there. */
const MISSING = /^(-{1,3}|\.{1,3}|\*|n\/?a|n\/d|nan|null|none|nil|missing|unknown|\\n|#n\/a|\?)$/i;

export function shapeOf(cell: string): CellShape {
  const text = cell.trim();
  if (text === '' || MISSING.test(text)) return 'empty';
  if (text.length > 64) return ADDRESS.test(text) ? 'address' : 'text';
  if (/\d/.test(text)) {
    if (NUMBER.test(text)) return 'number';
    if (TIME.test(text)) return 'time';
    if (DATE.test(text)) return 'date';
  }
  if (BOOLEAN.test(text)) return 'boolean';
  if (ADDRESS.test(text)) return 'address';
  return /\d/.test(text) && !/\s/.test(text) ? 'code' : 'text';
}

/** Letters as `a`, digits as `9`, runs as one: the codes of a column are built alike. */
export function patternOf(cell: string): string {
  return cell
    .trim()
    .replace(/\p{L}+/gu, 'a')
    .replace(/\d+/g, '9');
}

/**
 * How much a cell looks like one value, 0 to 1. What was split in the wrong place, or not at all, has other delimiters
 * and halves of quotes in it.
 */
export function plausibilityOf(cell: string, quoted: boolean): number {
  const shape = shapeOf(cell);
  if (shape === 'number' || shape === 'date' || shape === 'time' || shape === 'address') return 1;
  if (shape === 'empty' || shape === 'boolean') return 0.95;
  if (quoted) return 0.9;
  const text = cell.trim();
  if (/^["'`]|["'`]$/.test(text)) return 0.1;
  if (text.includes('"')) return 0.5;
  if (/[;|]|\p{Cc}/u.test(text)) return 0.3;
  if (/,(?! )/.test(text)) return 0.4;
  return shape === 'code' ? 0.8 : 0.75;
}
