import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';

/** One line of a bench: a measure, and where it has one, what it is compared with and the budget of the ratio. */
export interface BenchRow {
  readonly name: string;
  readonly measured: number;
  readonly unit: 's' | 'MB';
  readonly comparedWith: number | null;
  readonly ratio: number | null;
  readonly budget: number | null;
  readonly met: boolean | null;
}

/** What a bench writes to bench/results/<bench>.json. */
export interface BenchResult {
  readonly bench: string;
  readonly command: string;
  /** What was measured, and how: a sentence or two. */
  readonly about: string;
  readonly date: string;
  readonly machine: {
    readonly cpu: string;
    readonly cpus: number;
    readonly memoryBytes: number;
    /** Of the minute before the bench began. */
    readonly load: number;
    readonly node: string;
  };
  /** Versions and sizes of what was measured. */
  readonly subject: Readonly<Record<string, string | number>>;
  readonly rows: readonly BenchRow[];
}

export const RESULTS = join(import.meta.dirname, 'results');

export function row(
  name: string,
  unit: BenchRow['unit'],
  measured: number,
  compared?: { readonly with: number; readonly budget?: number },
): BenchRow {
  const ratio = compared ? measured / compared.with : null;
  const budget = compared?.budget ?? null;
  const met = ratio === null || budget === null ? null : ratio <= budget;
  return {
    name,
    measured: round(measured),
    unit,
    comparedWith: compared ? round(compared.with) : null,
    ratio: ratio && round(ratio),
    budget,
    met,
  };
}

export function machine(): BenchResult['machine'] {
  const all = cpus();
  return {
    cpu: all[0]?.model ?? 'unknown',
    cpus: all.length,
    memoryBytes: totalmem(),
    load: round(loadavg()[0] ?? 0),
    node: process.versions.node,
  };
}

export async function writeResult(result: BenchResult): Promise<void> {
  await mkdir(RESULTS, { recursive: true });
  await writeFile(join(RESULTS, `${result.bench}.json`), `${JSON.stringify(result, null, 2)}\n`);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = low] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
