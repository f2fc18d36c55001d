import { AppError, isAppError } from '../../errors.ts';

/** A file whose bytes contradict each other, or its own checksums. `what` says where, and how. */
export function damaged(what: string, cause?: unknown): AppError {
  return new AppError('InvalidInput', `this Parquet file is damaged: ${what}. Nothing of it was kept: write it anew`, {
    cause,
  });
}

/** A file that is sound, as far as one can tell, and is not read all the same. `remedy` is what its writer can do. */
export function unsupported(what: string, remedy: string): AppError {
  return new AppError('InvalidInput', `this Parquet file is not read: ${what}. ${remedy}`);
}

/** What a decoder stumbles over is damage, too. `decode` touches nothing but bytes that are in memory. */
export function decoding<T>(place: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (isAppError(error)) throw error;
    throw damaged(`${place}: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}
