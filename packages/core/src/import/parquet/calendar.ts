/** Days since 1970-01-01 in the proleptic Gregorian calendar as PostgreSQL reads and writes them: `0044-03-15 BC`. */
export function dateText(days: number): string {
  const { year, month, day } = civilDate(days);
  const text = `${String(year > 0 ? year : 1 - year).padStart(4, '0')}-${two(month)}-${two(day)}`;
  return year > 0 ? text : `${text} BC`;
}

/** `seconds` since 1970-01-01T00:00:00, and what is above it in units of 10^-`digits` seconds. */
export function timestampText(seconds: number, fraction: number, digits: number, zone: string): string {
  const days = Math.floor(seconds / DAY_SECONDS);
  const [date, era = ''] = dateText(days).split(' ');
  const time = timeText(seconds - days * DAY_SECONDS, fraction, digits);
  return `${date}T${time}${zone}${era === '' ? '' : ` ${era}`}`;
}

export function timeText(seconds: number, fraction: number, digits: number): string {
  const whole = `${two(Math.floor(seconds / 3_600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return fraction === 0 ? whole : `${whole}.${String(fraction).padStart(digits, '0').replace(/0+$/, '')}`;
}

const DAY_SECONDS = 86_400;
const ERA_DAYS = 146_097;
/** From 0000-03-01 to 1970-01-01: a year that begins in March has its leap day last. */
const EPOCH_DAYS = 719_468;

function civilDate(days: number): { year: number; month: number; day: number } {
  const shifted = days + EPOCH_DAYS;
  const era = Math.floor(shifted / ERA_DAYS);
  const dayOfEra = shifted - era * ERA_DAYS;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  };
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
