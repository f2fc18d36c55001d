import { AppError } from '../errors.ts';
import type { ReadOptions } from './blob-store.ts';

/** Throws `InvalidInput` unless `range` is absent or counts bytes from `start` to `end`, neither negative nor backwards. */
export function checkRange(range: ReadOptions['range']): void {
  if (range === undefined) return;
  const { start, end } = range;
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && end >= start) return;
  throw new AppError('InvalidInput', `expected a range of bytes, got ${start} to ${end}`);
}
