import type { Encoding } from '../text/encoding.ts';

/** How records stand in a text of JSON. */
export interface JsonShape {
  readonly encoding: Encoding;
  /**
   * `lines`: one object on each line (NDJSON); a line that is none costs itself alone. `documents`: one object after
   * another, over lines as they like. `array`: the elements of an array.
   */
  readonly framing: 'lines' | 'documents' | 'array';
  /** The keys that lead to the array from the top of the document; none where it is the document. */
  readonly path: readonly string[];
}

/** `data.items`; a dot or backslash within a key has a backslash before it. `.` is the top. */
export function parsePath(text: string): string[] {
  return (text.match(/(?:\\.|[^.\\])+/gsu) ?? []).map((key) => key.replaceAll(/\\(.)/gsu, '$1'));
}

export function formatPath(path: readonly string[]): string {
  return path.length === 0 ? '.' : path.map((key) => key.replaceAll(/[.\\]/g, '\\$&')).join('.');
}
