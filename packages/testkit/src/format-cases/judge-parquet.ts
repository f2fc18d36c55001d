import { isAppError } from '@datasens/core/errors.ts';
import type { Session } from '@datasens/core/postgres/session.ts';
import { compareTable } from './compare-values.ts';
import type { FormatCase, ValueKind } from './format-case.ts';
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
    const { names, headers, types, widened } = await loadParquet(session, one.path, way);
    const wrongName = one.columns.findIndex(({ name }, index) => name !== headers[index]);
    if (wrongName >= 0) return different(`the name ${JSON.stringify(headers[wrongName])}`);
    const wrongType = one.columns.findIndex(({ kind }, index) => !TYPES[kind].test(types[index] ?? ''));
    if (wrongType >= 0) return different(`${names[wrongType]} has the type ${types[wrongType]}`);
    if (one.refused) return different('it was not refused');
    const difference = await compareTable(session, one, names);
    if (difference !== undefined) return different(difference);
    return { outcome: widened.length > 0 ? 'told' : 'right', because: widened.join('; ') };
  } catch (error) {
    if (isAppError(error)) return { outcome: 'refused', because: error.message };
    throw error;
  }
}

/** In which types a value of each kind is what it is. */
const TYPES: Readonly<Record<ValueKind, RegExp>> = {
  int: /^(smallint|integer|bigint|numeric)/,
  decimal: /^numeric/,
  float: /^double precision$/,
  float32: /^real$/,
  bool: /^boolean$/,
  text: /^(text|json)$/,
  bytes: /^bytea$/,
  date: /^date$/,
  time: /^time$/,
  timestamp: /^timestamp$/,
  timestamptz: /^timestamptz$/,
  uuid: /^uuid$/,
  interval: /^interval$/,
  json: /^jsonb$/,
};

function different(because: string): Judgement {
  return { outcome: 'silently different', because };
}
