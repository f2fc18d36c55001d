import type { ImportPath } from '@datasens/core/audit/import-entry.ts';
import { inspect } from '@datasens/core/import/inspect.ts';
import type { LoadJob } from '@datasens/core/import/load-job.ts';
import { loadTolerant } from '@datasens/core/import/load-tolerant.ts';
import { planColumns } from '@datasens/core/import/plan-import.ts';
import type { Session } from '@datasens/core/postgres/session.ts';
import { type GeneratedFormat, generatedSource } from './generated-source.ts';
import { printMeasure } from './import-measure.ts';

export interface GeneratedRequest {
  readonly bytes: number;
  readonly format: GeneratedFormat;
  readonly path: ImportPath;
}

/** A process of its own: loads rows that are generated into nothing, and prints what it cost as JSON. */
const { bytes, format, path }: GeneratedRequest = JSON.parse(process.argv[2] ?? '');
const { signal } = new AbortController();
const source = generatedSource(bytes, format);
const started = performance.now();
const { reading } = await inspect({ signal }, { source });
const columns = planColumns(reading, undefined, { evolve: false, types: 'infer', display: 'nothing' });
const job: LoadJob = {
  deps: { signal },
  session: sink(),
  source,
  reading,
  table: { schema: 'public', name: 'nothing' },
  columns,
  key: [],
  rejects: {
    count: 0,
    first: [],
    async add({ line, reason }) {
      throw new Error(`line ${line} was rejected: ${reason}`);
    },
    close: async () => null,
    async [Symbol.asyncDispose]() {},
  },
};
const fast = reading.fastPath(columns);
if (path === 'fast' && 'because' in fast) throw new Error(fast.because);
const outcome = await (path === 'fast' && 'load' in fast ? fast.load : loadTolerant)(job);
if (outcome.kind !== 'loaded' || outcome.rowsRead !== source.rows) throw new Error(JSON.stringify(outcome));
printMeasure(started, outcome.rowsRead);

/** Takes all rows, and keeps none: as many as there are ends of lines, less the header of a CSV that comes as it is. */
function sink(): Session {
  return {
    query: async () => ({ rows: [], rowCount: 0 }),
    async copyFrom(_, chunks) {
      let ends = 0;
      for await (const chunk of chunks) {
        for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) ends += 1;
      }
      return path === 'fast' && format === 'csv' ? ends - 1 : ends;
    },
    async [Symbol.asyncDispose]() {},
  };
}
