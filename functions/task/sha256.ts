import * as z from 'zod';

/** As it is passed between states. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
