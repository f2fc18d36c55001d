import { UNMARKED } from '../csv/scan-record.ts';
import type { SplitBatch } from '../csv/split-records.ts';
import type { Reading } from '../reading.ts';
import { loadBinary, openPass, type ParquetPass } from './load-binary.ts';
import type { ParquetFile } from './open-parquet.ts';

/** How the rows of a Parquet file are read. `columns` are those of `file`, in their order. */
export function parquetReading(
  { whyNotBinary, warnings }: Pick<ParquetFile, 'whyNotBinary' | 'warnings'>,
  columns: Reading['columns'],
): Reading {
  return {
    columns,
    named: true,
    decimal: '.',
    grammar: UNMARKED,
    warnings,
    fastPath(planned) {
      for (const [column, { sqlType }] of planned.entries()) {
        const because = whyNotBinary({ column, sqlType });
        if (because !== undefined) return { because };
      }
      return { load: loadBinary };
    },
    async openRows(source, planned, signal) {
      const pass = await openPass(source, planned, signal);
      return { batches: allRows(pass), readBytes: pass.hashed.readBytes, stored: pass.hashed.stored };
    },
    rejectsFormat: { format: 'json', nullWords: [] },
  };
}

async function* allRows({ hashed, file, targets }: ParquetPass): AsyncGenerator<SplitBatch> {
  await using _ = hashed;
  yield* file.textRows(targets);
  await hashed.finish();
}
