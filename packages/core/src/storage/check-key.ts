import { AppError } from '../errors.ts';

const MAX_KEY_BYTES = 1_024;

/**
 * Throws `InvalidInput` unless `key` is 1 to 1,024 bytes of well-formed UTF-8 without NUL. Everything else that
 * S3 takes is a key, also `..`, `//`, line breaks and a leading or trailing `/`: a driver may not read a path into it.
 */
export function checkKey(key: string): void {
  checkText(key, 'key');
  if (key === '') throw new AppError('InvalidInput', 'the key is empty');
  const sizeBytes = Buffer.byteLength(key);
  if (sizeBytes > MAX_KEY_BYTES) {
    throw new AppError('InvalidInput', `the key has ${sizeBytes} bytes, at most ${MAX_KEY_BYTES} are allowed`, { key });
  }
}

/** Throws `InvalidInput` unless `text`, a key or the beginning of one, can be written in UTF-8 and has no NUL. */
export function checkText(text: string, what: string): void {
  if (!text.isWellFormed()) throw new AppError('InvalidInput', `the ${what} is not well-formed Unicode`);
  if (text.includes('\0')) throw new AppError('InvalidInput', `the ${what} holds a NUL character`);
}
