import * as z from 'zod';

const DIGITS = z.string().regex(/^[1-9]\d{0,14}$/, 'expected a whole number from 1 on');

/** A whole number from 1 on, in digits. */
export const Count = DIGITS.transform(Number);

/** How many are on a page: 50, and 1,000 at most. */
export const Limit = DIGITS.transform(Number).pipe(z.int().max(1_000)).default(50);
