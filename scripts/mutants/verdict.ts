import type { FileResult } from './vitest-process.ts';

/** A reason that tells of a broken program or a hang rather than of a broken promise. */
const NOT_NOTICED = /^(ReferenceError|SyntaxError|TypeError|(Test|Hook)TimeoutError)/;

/** Why the test did not notice the fault, or undefined if it did: it ran, and what it expects did not hold. */
export function survivalOf({ passed, failed, trouble }: FileResult): string | undefined {
  if (trouble !== undefined) return trouble;
  if (passed.length + failed.length === 0) return 'no test has this name';
  if (failed.length === 0) return 'the test passes all the same';
  const unrelated = failed.find(({ reason }) => NOT_NOTICED.test(reason));
  return unrelated && `it failed, but not by what it expects: ${unrelated.reason}`;
}
