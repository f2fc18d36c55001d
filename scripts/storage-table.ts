/**
 * The table in docs/storage.md of what each store does, from a report of the tests of the contract.
 *
 *     node scripts/storage-table.ts [--check] REPORT…     REPORT: of Vitest's JSON reporter
 *
 * With --check it writes nothing, and exits 1 where the document says something else than the report.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

interface Report {
  readonly testResults: readonly {
    /** The file's path. */
    readonly name: string;
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: string;
    }[];
  }[];
}

const DOCUMENT = resolve(import.meta.dirname, '../docs/storage.md');
const SUITE = ' keeps the contract of a blob store';
const BEGIN = '<!-- contract: by npm run docs:storage -->';
const END = '<!-- contract: end -->';

const { values, positionals } = parseArgs({ options: { check: { type: 'boolean' } }, allowPositionals: true });
const reports: Report[] = await Promise.all(positionals.map(async (path) => JSON.parse(await readFile(path, 'utf8'))));
const before = await readFile(DOCUMENT, 'utf8');
const [head, rest = ''] = before.split(BEGIN);
const tail = rest.split(END)[1];
if (tail === undefined) throw new Error(`${DOCUMENT} has no place for the table: ${BEGIN} … ${END}`);
const after = `${head}${BEGIN}\n\n${tableOf(reports.flatMap(({ testResults }) => testResults))}\n\n${END}${tail}`;
if (values.check && after !== before) {
  console.error('docs/storage.md does not say what the tests of the contract found: npm run docs:storage');
  process.exit(1);
}
if (!values.check) await writeFile(DOCUMENT, after);

/** A row for each group of promises that every store keeps, with their number; one for each promise that some do not. */
function tableOf(testResults: Report['testResults']): string {
  const stores = new Map<string, Map<string, { passed: number; all: number }>>();
  const promises = new Map<string, string>();
  const inOrder = testResults.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (const { ancestorTitles, title, status } of inOrder.flatMap((result) => result.assertionResults)) {
    const [suite = '', group = 'all'] = ancestorTitles;
    if (!suite.endsWith(SUITE)) continue;
    const store = suite.slice(0, -SUITE.length);
    // What a test is run with is no promise of its own.
    const promise = `${group}: ${title.replace(/\s*[:(].*/s, '')}`;
    promises.set(promise, group);
    const outcomes = stores.get(store) ?? new Map();
    stores.set(store, outcomes);
    const { passed, all } = outcomes.get(promise) ?? { passed: 0, all: 0 };
    outcomes.set(promise, { passed: passed + (status === 'passed' ? 1 : 0), all: all + 1 });
  }
  if (stores.size === 0) throw new Error('the report has no test of the contract');
  const holds = (store: string, promise: string) => {
    const { passed = 0, all = 0 } = stores.get(store)?.get(promise) ?? {};
    return all > 0 && passed === all;
  };
  const names = [...stores.keys()].sort();
  const everywhere = [...promises.keys()].filter((promise) => names.every((store) => holds(store, promise)));
  const rows: string[][] = [];
  for (const group of new Set(promises.values())) {
    const ofGroup = [...promises].filter(([, other]) => other === group).map(([promise]) => promise);
    const kept = ofGroup.filter((promise) => everywhere.includes(promise)).length;
    if (kept > 0) rows.push([`${group}: ${kept} promises`, ...names.map(() => 'yes')]);
    for (const promise of ofGroup.filter((other) => !everywhere.includes(other))) {
      rows.push([promise, ...names.map((store) => (holds(store, promise) ? 'yes' : 'no'))]);
    }
  }
  return formatTable([['', ...names], ['', ...names].map(() => '-'), ...rows]);
}

/** As Biome formats Markdown. */
function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)));
  const cell = (text: string, column: number) =>
    text === '-' ? '-'.repeat(widths[column] ?? 3) : text.padEnd(widths[column] ?? 3);
  return rows.map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');
}
