import { AppError } from '../../errors.ts';

/** `DD/MM/YYYY` and the like: an order, and one separator. One digit will do for day and month. */
export interface DateFormat {
  readonly text: string;
  readonly order: 'dmy' | 'mdy' | 'ymd';
  readonly separator: string;
}

/** Throws `InvalidInput` for anything but day, month and year of four digits between `/`, `-` or `.`. */
export function parseDateFormat(text: string): DateFormat {
  const [, first, separator, second, third] = /^(DD?|MM?|YYYY)([/.-])(DD?|MM?)\2(DD?|MM?|YYYY)$/i.exec(text) ?? [];
  const order = `${first?.[0]}${second?.[0]}${third?.[0]}`.toLowerCase();
  if (separator !== undefined && (order === 'dmy' || order === 'mdy' || order === 'ymd'))
    return { text, order, separator };
  throw new AppError(
    'InvalidInput',
    `expected a date format such as DD/MM/YYYY, MM-DD-YYYY or YYYY.MM.DD, got ${JSON.stringify(text)}`,
  );
}

/** The date as `YYYY-MM-DD`; nothing where the text is no date of this format, or of no calendar. */
export function toIsoDate(text: string, { order, separator }: DateFormat): string | undefined {
  const parts = text.trim().split(separator);
  const [a = '', b = '', c = ''] = parts;
  const [year, month, day] = order === 'ymd' ? [a, b, c] : order === 'dmy' ? [c, b, a] : [c, a, b];
  if (parts.length !== 3 || !/^\d{4}$/.test(year) || !/^\d{1,2}$/.test(month) || !/^\d{1,2}$/.test(day))
    return undefined;
  const iso = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  return isCalendarDate(iso) ? iso : undefined;
}

/** Whether `YYYY-MM-DD` is a day that there is. */
export function isCalendarDate(iso: string): boolean {
  const [year = 0, month = 0, day = 0] = iso.split('-').map(Number);
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  // Of the day before the first of the next month; the calendar repeats every 400 years, and Date takes 99 for 1999.
  return day <= new Date(Date.UTC(2_000 + (year % 400), month, 0)).getUTCDate();
}
