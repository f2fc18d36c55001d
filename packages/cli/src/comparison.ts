import type { Comparison, RowsAndHash } from '@datasens/core/postgres/compare-proof.ts';
import { formatTable } from './output.ts';

/** A comparison for people: each table with what it should hold and holds, then whatever else differs. */
export function comparisonLines({ level, tables, sequences, materializedViews, largeObjects }: Comparison): string[] {
  const hashed = level === 'content';
  const header = ['table', 'rows', 'found', ...(hashed ? ['hash', 'found'] : []), ''];
  const rows = tables.map(({ name, expected, found, equal }) => [
    name,
    count(expected),
    found ? count(found) : 'missing',
    ...(hashed ? [expected.hash ?? '', found?.hash ?? ''] : []),
    equal ? 'equal' : 'DIFFERENT',
  ]);
  const others = [...sequences, ...materializedViews, ...(largeObjects ? [largeObjects] : [])].filter(
    ({ equal }) => !equal,
  );
  return [
    ...(rows.length > 0 ? [formatTable(header, rows, [1, 2, 3, 4])] : []),
    ...others.map(({ name, expected, found }) => `${name}: expected ${text(expected)}, found ${text(found)}`),
  ];
}

const count = ({ rows }: RowsAndHash) => rows?.toLocaleString('en') ?? '';
const text = (value: unknown) =>
  value === null ? 'nothing' : typeof value === 'string' ? value : JSON.stringify(value);
