import { writeFile } from 'node:fs/promises';
import { benchmarks, DOCUMENT } from '../bench/report.ts';

/** Writes docs/benchmarks.md from bench/results. */
await writeFile(DOCUMENT, await benchmarks());
