import { isAppError } from '@datasens/core/errors.ts';
import { EXIT } from './exit-codes.ts';
import { printable, printJson } from './output.ts';

/** Shows an error once, on stderr or as the one JSON document on stdout, and returns the exit status. */
export function reportError(error: unknown, json: boolean): number {
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
  const details = isAppError(error) ? error.details : {};
  if (json) printJson({ error: { name, message, details } });
  else process.stderr.write(`datasens: ${printable(message)}\n`);
  // An error that is none of ours is a defect: its place is worth more than brevity.
  if (!isAppError(error) && error instanceof Error) process.stderr.write(`${printable(error.stack ?? '')}\n`);
  return name === 'ConfigError' || name === 'InvalidInput' ? EXIT.usage : EXIT.failed;
}
