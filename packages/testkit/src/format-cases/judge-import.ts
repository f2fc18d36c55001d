import type { ImportPath } from '@datasens/core/audit/import-entry.ts';
import { isAppError } from '@datasens/core/errors.ts';
import type { ImportDeps, ImportRequest, ImportResult } from '@datasens/core/import/import-request.ts';
import { inspect } from '@datasens/core/import/inspect.ts';
import { importReading, openTarget, runImport } from '@datasens/core/import/run-import.ts';
import { openFileSource } from '@datasens/core/import/source/file-source.ts';
import { openSession } from '@datasens/core/postgres/session.ts';
import { sourceTarget } from '@datasens/core/source-target.ts';
import { compareTable } from './compare-values.ts';
import type { FormatCase, ValueKind } from './format-case.ts';

/** `told`: right, and a column became text because a value would not fit its type. */
export type Outcome = 'right' | 'told' | 'refused' | 'silently different';

export interface Judgement {
  readonly outcome: Outcome;
  readonly because: string;
  /** By which it was imported. */
  readonly path?: ImportPath;
}

/** `own`: as the import chooses. `tolerant`: with the fast path closed. */
export type Way = 'own' | 'tolerant';

const INTO = 'default';

/** Imports what a case has into a new table `t` of the target `default`, and holds the table against what was written. */
export async function judgeImport(deps: ImportDeps, one: FormatCase, way: Way): Promise<Judgement> {
  await using session = await openSession(sourceTarget(deps, INTO), {
    applicationName: 'judge',
    settings: { TimeZone: 'UTC', DateStyle: 'ISO, YMD', extra_float_digits: '1' },
  });
  await session.query('drop table if exists t');
  let result: ImportResult;
  try {
    result = await load(deps, one, way);
  } catch (error) {
    if (!isAppError(error)) throw error;
    const { rows } = await session.query(`select from pg_class where relname = 't'`);
    return rows.length === 0 ? { outcome: 'refused', because: error.message } : different('the table was left');
  }
  const { columns, path } = result;
  const wrongName = one.columns.findIndex(
    ({ name }, index) => name !== (columns[index]?.header ?? columns[index]?.name),
  );
  if (wrongName >= 0) return different(`the name ${JSON.stringify(columns[wrongName]?.name)}`);
  const widened = columns.filter(({ widenedFrom }) => widenedFrom !== undefined);
  const wrongType = columns.find(
    (column, index) => !widened.includes(column) && !TYPES[one.columns[index]?.kind ?? 'text'].test(column.type),
  );
  if (wrongType !== undefined) return different(`${wrongType.name} has the type ${wrongType.type}`);
  if (one.refused) return different('it was not refused');
  const difference = await compareTable(
    session,
    one,
    columns.map(({ name }) => name),
  );
  if (difference !== undefined) return different(difference);
  if (widened.length === 0) return { outcome: 'right', because: '', path };
  const told = widened.map(({ name, widenedFrom }) => `${JSON.stringify(name)} is text in place of ${widenedFrom}`);
  return { outcome: 'told', because: told.join(', '), path };
}

async function load(deps: ImportDeps, { path, records }: FormatCase, way: Way): Promise<ImportResult> {
  const started = performance.now();
  await using source = await openFileSource(path);
  const request: ImportRequest = {
    source,
    into: INTO,
    table: 't',
    ifExists: 'fail',
    force: true,
    user: 'judge',
    ...(records === undefined ? {} : { recordsPath: records }),
  };
  if (way === 'own') return await runImport(deps, request);
  const target = await openTarget(deps, request.into);
  const { reading } = await inspect(deps, request);
  const slow = { ...reading, fastPath: () => ({ because: 'it is closed' }) };
  return await importReading(deps, { request, target, reading: slow, started });
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
