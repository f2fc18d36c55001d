import type { SourceStart } from '../source/sample-source.ts';

/** By its first bytes. One that is compressed as a whole cannot be read by ranges, and is none. */
export function isParquet({ compression, start }: SourceStart): boolean {
  return compression === 'none' && ['PAR1', 'PARE'].includes(start.toString('latin1', 0, 4));
}
