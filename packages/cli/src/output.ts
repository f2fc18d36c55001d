/** Writes one JSON document to stdout. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Writes lines to stdout, for people. */
export function printLines(...lines: readonly string[]): void {
  process.stdout.write(`${lines.map(printable).join('\n')}\n`);
}

/** The text with whatever would steer a terminal shown as what it is, but for line breaks. */
export function printable(text: string): string {
  return text.replaceAll(/(?!\n)\p{C}/gu, escapeControl);
}

/** `1.4 GB`, in powers of 1,000, with the digits that a person compares. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const power = Math.min(units.length - 1, bytes < 1_000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1_000 ** power).toLocaleString('en', { maximumFractionDigits: power === 0 ? 0 : 1 })} ${units[power]}`;
}

/** Columns as wide as their widest cell; numbers, which the caller formats, are aligned by `right`. */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[],
): string {
  // Escaped, so that a line break in a comment, or a terminal's control sequence, stays what it is: data.
  const lines = [header, ...rows].map((row) => row.map((cell) => cell.replaceAll(/\p{C}/gu, escapeControl)));
  const widths = header.map((_, column) => Math.max(...lines.map((row) => [...(row[column] ?? '')].length)));
  return lines
    .map((row) =>
      row
        .map((cell, column) => pad(cell, widths[column] ?? 0, right.includes(column)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function pad(cell: string, width: number, right: boolean): string {
  const space = ' '.repeat(width - [...cell].length);
  return right ? space + cell : cell + space;
}

function escapeControl(character: string): string {
  return JSON.stringify(character).slice(1, -1) === character
    ? `\\u{${character.codePointAt(0)?.toString(16)}}`
    : JSON.stringify(character).slice(1, -1);
}
