import { type ColumnProfile, fitsProfile } from './column-profile.ts';
import type { Certainty } from './finding.ts';
import { isBlankRow, type SampleRow } from './sample-rows.ts';

export interface FoundFooter {
  /** The first row that is no row of the table any more; the number of rows where there is no footer. */
  readonly start: number;
  readonly certainty: Certainty;
  readonly because: string;
}

/**
 * Where the notes below a table begin: lines at the end of the file that have one field, or a first one alone, and
 * that is no value of its column. A single one may be a row that was cut off: it takes a blank line before it, or the
 * look of a sentence.
 */
export function findFooter(rows: readonly SampleRow[], width: number, profiles: readonly ColumnProfile[]): FoundFooter {
  const none = { start: rows.length, certainty: 'certain', because: 'the last row is one of the table' } as const;
  if (width < 2) return { ...none, certainty: 'likely', because: 'in one column notes look like rows' };
  let start = rows.length;
  while (start > 0 && isBesideTable(rows[start - 1] as SampleRow, width, profiles)) start -= 1;
  while (start < rows.length && isBlankRow(rows[start] as SampleRow)) start += 1;
  // A second field is a comma within a note; it takes a note beside it to tell it from a row that is too short.
  const notes = rows.slice(start).filter((row) => !isBlankRow(row));
  const [first] = notes;
  if (first === undefined || start === 0) return none;
  if (!notes.some((note) => isLoneCell(note))) return none;
  const afterBlank = isBlankRow(rows[start - 1] as SampleRow);
  const padded = notes.every(({ fields }) => fields.length === width);
  const similar =
    padded && rows.slice(0, start).some((row) => row.fields.length === width && isLoneCell(row) && !isBlankRow(row));
  const ended = rows.at(-1)?.end !== '';
  const text = first.fields[0]?.text ?? '';
  const looksLikeNote = /^\W|\s\S+\s|:$|^(notes?|source|footnote|remarque|quelle)/i.test(text.trim());
  const because = `the last ${notes.length === 1 ? 'line has' : `${notes.length} lines have`} one value, and no row of the table is like that`;
  if (similar) return none;
  if (afterBlank || (notes.length > 1 && !padded)) return { start, certainty: 'certain', because };
  // A padded note is as wide as a row: it takes a column of numbers or dates, or its own look, to tell it from one.
  const isUnlike = !padded || profiles[0] !== undefined || looksLikeNote;
  if (isUnlike && (notes.length > 1 || (looksLikeNote && ended))) return { start, certainty: 'likely', because };
  if (padded) return { start: rows.length, certainty: 'unsure', because: `${because}: is it a note?` };
  return none;
}

function isBesideTable(row: SampleRow, width: number, profiles: readonly ColumnProfile[]): boolean {
  if (isBlankRow(row)) return true;
  if (row.flaw !== undefined) return false;
  const fits = row.fields.some(({ text }, column) => fitsProfile(text, profiles[column]) === true);
  return !fits && (isLoneCell(row) || row.fields.length < Math.min(width, 4));
}

/** One value, in the first field. */
export function isLoneCell({ fields, flaw }: SampleRow): boolean {
  return flaw === undefined && fields[0]?.text.trim() !== '' && fields.slice(1).every(({ text }) => text.trim() === '');
}
