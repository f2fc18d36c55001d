import { type Approval, selectApprovals } from '../audit/approval-row.ts';
import type { Deps } from '../deps.ts';
import { AppError, isAppError } from '../errors.ts';
import { quoteQualified } from '../postgres/quote.ts';
import type { RelationName } from '../postgres/source-tables.ts';
import type { Intent } from './judge-approval.ts';
import { DEFAULT_PROTECTED, protectedAmong } from './protected-tables.ts';
import { checkApproval } from './use-approval.ts';

export interface ProtectedIntent extends Intent {
  /** The tables that rows are written to, or that are dropped or made anew; with their families (`withFamily`). */
  readonly tables: readonly RelationName[];
  /** The approval that was given for it; where it is left out, that of the execution counts. */
  readonly approvalId?: number | undefined;
  /** Why it needs one whichever its tables are: `dump 7 has expired`. */
  readonly because?: string | undefined;
}

/**
 * The gate that a job passes before it touches anything, whichever way it was called: nothing is written to a protected
 * table without a fitting approval. Returns the approval to use (`useApproval`) right before it becomes visible; undefined
 * where none is needed. Throws `NotAllowed`, naming the table and the remedy, and `NotFound` for a number that is none.
 */
export async function expectApproval(
  deps: Pick<Deps, 'db' | 'store' | 'signal' | 'now' | 'protectedTables'>,
  { tables, because, approvalId, ...intent }: ProtectedIntent,
): Promise<Approval | undefined> {
  const found = protectedAmong(deps.protectedTables ?? DEFAULT_PROTECTED, tables);
  if (found.length === 0 && because === undefined && approvalId === undefined) return undefined;
  const tableNames = found.map(({ schema, name }) => quoteQualified(schema, name));
  const why = because ?? protectedText(tableNames);
  const refused = (reason: string, details: Record<string, unknown> = {}) =>
    new AppError('NotAllowed', `${why ? `${why}: ` : ''}${reason}`, {
      target: intent.target,
      tables: tableNames,
      ...details,
    });

  const id = approvalId ?? (await findGiven(deps, intent.execution));
  if (id === undefined) {
    throw refused(
      `this ${intent.kind} into ${intent.target} needs the approval of another person than ${intent.user}. Start it as a workflow, which asks for one, and wait for datasens approve`,
    );
  }
  return await checkApproval(deps, id, intent).catch((error: unknown) => {
    throw isAppError(error, 'NotAllowed') ? refused(error.message, error.details) : error;
  });
}

const MOST_NAMED = 5;

function protectedText(names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  return `${names.slice(0, MOST_NAMED).join(', ')}${more} ${names.length > 1 ? 'are' : 'is'} protected (DATASENS_PROTECTED)`;
}

async function findGiven({ db }: Pick<Deps, 'db'>, execution: string | undefined): Promise<number | undefined> {
  if (execution === undefined) return undefined;
  const [approval] = await selectApprovals(db, 'where execution = $1', [execution]);
  return approval?.approvalId;
}
