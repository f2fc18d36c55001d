import { recordEvent } from '../audit/record-event.ts';
import { executionOf, recordFailure } from '../audit/record-failure.ts';
import { AppError, isAppError } from '../errors.ts';
import { sqlState } from '../postgres/server-error.ts';
import { type DatabaseTarget, describeTarget } from '../postgres/target.ts';
import type { Attempt } from './attempt.ts';

/** Journals a failure. Reasons may quote what stands in the file, and the journal is for ever: it has the lines alone. */
export async function recordRefusal({ deps, request }: Attempt, dumpId: number, error: unknown): Promise<void> {
  const { user, source, table } = request;
  const detail = { doing: 'import', source: source.uri, table };
  if (!isAppError(error, 'TooManyRejects')) {
    await recordFailure(deps, { dumpId, user, error: withoutValues(error), detail });
    return;
  }
  const lines = (error.details.rejects as readonly { line: number }[]).map(({ line }) => line);
  const { signal } = new AbortController();
  await recordEvent(
    { ...deps, signal },
    {
      event: 'REJETE',
      dumpId,
      user,
      detail: { ...detail, ...executionOf(deps), count: Number(error.details.count), lines },
    },
  ).catch((unrecorded: unknown) =>
    deps.log('the refusal could not be journalled', { dumpId, because: String(unrecorded) }),
  );
}

function withoutValues(error: unknown): unknown {
  const state = sqlState(error);
  if (state === undefined) return error;
  return new AppError(
    isAppError(error) ? (error.name as 'Transient') : 'InvalidInput',
    `PostgreSQL: SQLSTATE ${state}`,
  );
}

/** What PostgreSQL has against the import as a whole is for the person to put right: no defect of ours. */
export function foreignError(error: unknown, target: DatabaseTarget): unknown {
  const state = sqlState(error);
  if (!(error instanceof Error) || isAppError(error) || !/^[0-9A-Z]{5}$/.test(state ?? '')) return error;
  const hint = 'hint' in error && error.hint ? `. ${String(error.hint)}` : '';
  return new AppError('InvalidInput', `PostgreSQL at ${describeTarget(target)}: ${error.message}${hint}`, {
    cause: error,
    sqlState: state,
  });
}
