/** When expiries of tests run, just after midnight, so that a zone mistaken for UTC shows. */
export const EXPIRY_NOW = new Date('2026-11-27T00:30:00Z');
