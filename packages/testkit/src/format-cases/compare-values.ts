import { quoteIdentifier } from '@datasens/core/postgres/quote.ts';
import type { Session } from '@datasens/core/postgres/session.ts';
import type { FormatCase, ValueKind } from './format-case.ts';

type Row = readonly (string | null)[];

/** How the table `t` differs from what was written, whatever the order of its rows; nothing where it does not. */
export async function compareTable(
  session: Session,
  { columns, rows }: FormatCase,
  names: readonly string[],
): Promise<string | undefined> {
  if (names.length !== columns.length) return `${names.length} columns in place of ${columns.length}`;
  const list = names.map((name, index) => selected(quoteIdentifier(name), columns[index]?.kind ?? 'text'));
  const { rows: found } = await session.query<{ row: Row }>(`select array[${list.join(', ')}]::text[] as row from t`);
  if (found.length !== rows.length) return `${found.length} rows in place of ${rows.length}`;
  const inForm = (row: Row) =>
    columns.map(({ kind }, at) => (typeof row[at] === 'string' ? inOneForm(kind, row[at]) : null));
  const missing = Map.groupBy(rows.map(inForm), (row) => JSON.stringify(row));
  const strange = found
    .map(({ row }) => inForm(row))
    .filter((row) => missing.get(JSON.stringify(row))?.pop() === undefined);
  const [row] = strange;
  if (row === undefined) return undefined;
  const absent = [...missing.values()].find((left) => left.length > 0)?.[0] ?? [];
  const at = columns.findIndex((_, index) => row[index] !== absent[index]);
  return `${JSON.stringify(columns[at]?.name)}: ${shown(row[at])} in place of ${shown(absent[at])}`;
}

function selected(column: string, kind: ValueKind): string {
  if (kind !== 'interval') return `${column}::text`;
  return `(extract(year from ${column}) * 12 + extract(month from ${column})) || ' ' || extract(day from ${column}) || ' ' ||
    ((extract(hour from ${column}) * 3600 + extract(minute from ${column}) * 60 + extract(second from ${column})) * 1000000)::bigint`;
}

/** Of all forms of one value: zeros, zones and white space that say nothing are left out. */
function inOneForm(kind: ValueKind, text: string): string {
  switch (kind) {
    case 'int':
    case 'decimal':
      return plainNumber(text);
    case 'float':
      return floatText(Number(text));
    case 'float32':
      return floatText(Math.fround(Number(text)));
    case 'bytes':
      return text.replace(/^\\x/, '');
    case 'time':
      return withoutZeros(text);
    case 'timestamp':
    case 'timestamptz':
      return (
        withoutZeros(text.replace(' ', 'T').replace(/(Z|\+00)$/, '')) + (kind === 'timestamptz' ? zoneOf(text) : '')
      );
    case 'json':
      return jsonText(text);
    default:
      return text;
  }
}

function zoneOf(text: string): string {
  return /(Z|\+00)$/.test(text) ? 'Z' : 'without a zone';
}

function withoutZeros(text: string): string {
  return text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
}

function floatText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function plainNumber(text: string): string {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)0*(\d+)(?:\.(\d*?)0*)?$/.exec(text) ?? [];
  if (whole === '') return text;
  const digits = fraction === '' ? whole : `${whole}.${fraction}`;
  return digits === '0' ? '0' : `${sign}${digits}`;
}

/** Numbers by their digits, which `JSON.parse` would round; members by their names. */
function jsonText(text: string): string {
  const value = JSON.parse(text, ((_: string, member: unknown, { source }: { source?: string }) =>
    typeof member === 'number' ? { number: numberText(source ?? String(member)) } : member) as never);
  return JSON.stringify(value, (_, member) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  );
}

function numberText(source: string): string {
  return /e/i.test(source) ? floatText(Number(source)) : plainNumber(source);
}

function shown(value: string | null | undefined): string {
  const text = JSON.stringify(value ?? null);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
