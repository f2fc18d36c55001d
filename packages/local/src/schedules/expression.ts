import { Cron } from 'croner';

const MINUTE_MS = 60_000;
const UNIT_MS = { minute: MINUTE_MS, hour: 60 * MINUTE_MS, day: 1_440 * MINUTE_MS } as const;
const RATE = /^rate\(([1-9]\d{0,5}) (minute|hour|day)(s?)\)$/;
const CRON = /^cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)$/;

/** When something is due. Times are in milliseconds since 1970. */
export interface Expression {
  /** The first time after `ms`; undefined where none comes any more. */
  after(ms: number): number | undefined;
  /** The last time in (`since`, `until`]. */
  last(since: number, until: number): number | undefined;
}

/**
 * A schedule as EventBridge Scheduler writes it (user guide, "Schedule types"): `rate(12 hours)`, counted from `anchor`,
 * or `cron(minutes hours day-of-month month day-of-week year)` on the clock of a time zone. A time that a change to
 * summer time skips is due when the clock has changed; one that comes twice is due once. Throws an Error that says what is wrong.
 */
export function parseExpression(text: string, timezone: string, anchor: number): Expression {
  const rate = RATE.exec(text);
  if (rate) return rateOf(rate, anchor);
  const cron = CRON.exec(text);
  if (cron) return cronOf(cron.slice(1), timezone);
  throw new Error(`expected rate(12 hours) or cron(0 2 * * ? *), of six fields, got ${JSON.stringify(text)}`);
}

function rateOf([text, count, unit, plural]: RegExpExecArray, anchor: number): Expression {
  if ((count === '1') !== (plural === '')) throw new Error(`expected "1 ${unit}" or "2 ${unit}s", got ${text}`);
  const everyMs = Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  // It is never due before it has begun.
  const lastUntil = (ms: number) => anchor + Math.max(Math.floor((ms - anchor) / everyMs), 0) * everyMs;
  return {
    after: (ms) => lastUntil(ms) + everyMs,
    last(since, until) {
      const due = lastUntil(until);
      return due > Math.max(since, anchor) ? due : undefined;
    },
  };
}

function cronOf(fields: readonly string[], timezone: string): Expression {
  const [, , dayOfMonth, , dayOfWeek] = fields;
  // User guide: "You can't use * in both the Day-of-month and Day-of-week fields".
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    throw new Error('expected a ? in one of the fields day-of-month and day-of-week');
  }
  if (!isTimezone(timezone))
    throw new Error(`${JSON.stringify(timezone)} is no time zone; expected one like Europe/Paris`);
  // Its last Friday is written in another way.
  const written = fields.map((field, index) => (index === 4 ? field.replace(/^(\d|[A-Z]{3})L$/, '$1#L') : field));
  const pattern = ['0', ...written.map((field) => (field === '?' ? '*' : field))].join(' ');
  const options = { timezone, mode: '7-part', alternativeWeekdays: true, sloppyRanges: true, paused: true } as const;
  const cron = new Cron(pattern, options);
  return {
    after: (ms) => cron.nextRun(new Date(ms))?.getTime(),
    last(since, until) {
      // Of those before it, which it would not be one of itself.
      const [due] = cron.previousRuns(1, new Date(until + 1));
      return due && due.getTime() > since ? due.getTime() : undefined;
    },
  };
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
