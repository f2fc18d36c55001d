const DAY_MS = 86_400_000;

export const CALENDAR = ['daily', 'weekly', 'monthly', 'yearly'] as const;
export type Period = (typeof CALENDAR)[number];

/** The day, ISO week, month or year of a time, in UTC: `2026-11-26`, `2026-W48`, `2026-11`, `2026`. */
export function periodOf(period: Period, time: Date): string {
  const day = time.toISOString().slice(0, 10);
  switch (period) {
    case 'daily':
      return day;
    case 'weekly':
      return isoWeek(time);
    case 'monthly':
      return day.slice(0, -3);
    case 'yearly':
      return day.slice(0, -6);
  }
}

/** ISO 8601: a week begins on Monday, and belongs to the year that has its Thursday. */
function isoWeek(time: Date): string {
  const weekday = (time.getUTCDay() + 6) % 7;
  const thursday = new Date(time.getTime() + (3 - weekday) * DAY_MS);
  const year = thursday.getUTCFullYear();
  const firstDay = Date.UTC(year, 0, 1);
  const week = Math.floor((thursday.getTime() - firstDay) / (7 * DAY_MS)) + 1;
  return `${year}-W${String(week).padStart(2, '0')}`;
}
