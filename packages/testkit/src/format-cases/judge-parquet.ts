import { isAppError } from '@datasens/core/errors.ts';
import type { Session } from '@datasens/core/postgres/session.ts';
import { compareTable } from './compare-values.ts';
import type { FormatCase } from './format-case.ts';
import { loadParquet } from './load-parquet.ts';

/** `told`: right, and a column became text because a value would not fit its type. */
export type Outcome = 'right' | 'told' | 'refused' | 'silently different';

export interface Judgement {
  readonly outcome: Outcome;
  readonly because: string;
}

/** Loads what a case has into PostgreSQL, and holds the table against what was written. */
export async function judgeParquet(session: Session, one: FormatCase, way: 'binary' | 'text'): Promise<Judgement> {
  try {
    const { names, headers, widened } = await loadParquet(session, one.path, way);
    const wrongName = one.columns.findIndex(({ name }, index) => name !== headers[index]);
    if (wrongName >= 0) return different(`the name ${JSON.stringify(headers[wrongName])}`);
    if (one.refused) return different('it was not refused');
    const difference = await compareTable(session, one, names);
    if (difference !== undefined) return different(difference);
    return { outcome: widened.length > 0 ? 'told' : 'right', because: widened.join('; ') };
  } catch (error) {
    if (isAppError(error)) return { outcome: 'refused', because: error.message };
    throw error;
  }
}

function different(because: string): Judgement {
  return { outcome: 'silently different', because };
}
