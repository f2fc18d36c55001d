import { InvalidArgumentError } from 'commander';

/** `2026-12-31`, which is 00:00 UTC, or a time of that day such as `2026-12-31T18:00Z`. */
const MOMENT = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d)?Z)?$/;

/** A day or a moment of an option. Throws what Commander tells as wrong usage. */
export function parseMoment(value: string): Date {
  const [, day] = MOMENT.exec(value) ?? [];
  const moment = new Date(value);
  // The 30th of February would be a day in March.
  if (day === undefined || Number.isNaN(moment.getTime()) || !moment.toISOString().startsWith(day)) {
    throw new InvalidArgumentError('Expected a day such as 2026-12-31, or a time such as 2026-12-31T18:00Z.');
  }
  return moment;
}
