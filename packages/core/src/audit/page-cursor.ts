import * as z from 'zod';
import { AppError } from '../errors.ts';

/** The last row of a page. */
export interface Position {
  /** `date_creation` as PostgreSQL prints it; null where there is none. */
  readonly createdAt: string | null;
  readonly dumpId: number;
}

const TIMESTAMP = /^(-?infinity|\d{4,6}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?( BC)?)$/;
const PositionSchema = z.tuple([z.string().regex(TIMESTAMP).nullable(), z.int()]);

/** An opaque cursor: it may change its form between versions. */
export function encodeCursor({ createdAt, dumpId }: Position): string {
  return Buffer.from(JSON.stringify([createdAt, dumpId])).toString('base64url');
}

/** Throws `InvalidInput` for what `encodeCursor` did not make. */
export function decodeCursor(cursor: string): Position {
  const position = PositionSchema.safeParse(parse(cursor));
  if (!position.success) throw badCursor();
  const [createdAt, dumpId] = position.data;
  return { createdAt, dumpId };
}

export function badCursor(cause?: unknown): AppError {
  return new AppError('InvalidInput', 'the cursor is not one of ours: start again without it', { cause });
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
