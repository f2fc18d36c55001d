import { ApiError } from '../api-error.ts';
import type { Journal, Row } from './journal.ts';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

export interface Execution {
  readonly id: number;
  readonly arn: string;
  readonly machineArn: string;
  readonly name: string;
  readonly definition: string;
  readonly roleArn: string;
  readonly input: string;
  readonly status: ExecutionStatus;
  readonly output: string | undefined;
  readonly error: string | undefined;
  readonly cause: string | undefined;
  readonly startedAt: number;
  readonly stoppedAt: number | undefined;
  readonly redrives: number;
  readonly redrivenAt: number | undefined;
  /** By which the last redrive was asked for. */
  readonly redriveToken: string | undefined;
  readonly events: number;
}

const COLUMNS = `execution.id, arn, machine_arn, name, definition.text as definition, role_arn, input, status, output,
  error, cause, started_at, stopped_at, redrives, redriven_at, redrive_token, events`;
const FROM = 'execution join definition on definition.sha256 = execution.definition';

export interface NewExecution {
  readonly arn: string;
  readonly machineArn: string;
  readonly name: string;
  /** The key of the definition. */
  readonly definition: string;
  readonly roleArn: string;
  readonly input: string;
  readonly startedAt: number;
}

export function insertExecution(journal: Journal, execution: NewExecution): void {
  const { arn, machineArn, name, definition, roleArn, input, startedAt } = execution;
  journal.run(
    `insert into execution (arn, machine_arn, name, definition, role_arn, input, status, started_at, events)
     values (?, ?, ?, ?, ?, ?, 'RUNNING', ?, 0)`,
    arn,
    machineArn,
    name,
    definition,
    roleArn,
    input,
    startedAt,
  );
}

export function findExecution(journal: Journal, arn: string): Execution | undefined {
  const row = journal.get(`select ${COLUMNS} from ${FROM} where arn = ?`, arn);
  return row && executionOf(row);
}

export function readExecution(journal: Journal, arn: string): Execution {
  const found = findExecution(journal, arn);
  if (found) return found;
  throw new ApiError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
}

export function runningExecutions(journal: Journal): string[] {
  return journal.all(`select arn from execution where status = 'RUNNING' order by id`).map(({ arn }) => String(arn));
}

export interface ExecutionPage {
  readonly machineArn: string;
  readonly status: string | undefined;
  /** Those before this one; all of them without. */
  readonly before: number | undefined;
  readonly limit: number;
}

export type ListedExecution = Pick<
  Execution,
  'id' | 'arn' | 'machineArn' | 'name' | 'status' | 'startedAt' | 'stoppedAt' | 'redrives' | 'redrivenAt'
>;

/** Newest first. Definitions and payloads are not read: a page is small, whatever the executions are. */
export function listExecutions(
  journal: Journal,
  { machineArn, status, before, limit }: ExecutionPage,
): ListedExecution[] {
  const rows = journal.all(
    `select id, arn, machine_arn, name, status, started_at, stopped_at, redrives, redriven_at from execution
     where machine_arn = ? and id < ? ${status === undefined ? '' : 'and status = ?'} order by id desc limit ?`,
    machineArn,
    before ?? Number.MAX_SAFE_INTEGER,
    ...(status === undefined ? [] : [status]),
    limit,
  );
  return rows.map(listedOf);
}

export interface Finish {
  readonly status: Exclude<ExecutionStatus, 'RUNNING'>;
  readonly at: number;
  readonly output?: string;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

export function finishExecution(journal: Journal, id: number, { status, at, output, error, cause }: Finish): void {
  journal.run(
    'update execution set status = ?, stopped_at = ?, output = ?, error = ?, cause = ? where id = ?',
    status,
    at,
    output ?? null,
    // A failure without a name has none, as on AWS.
    error || null,
    cause || null,
    id,
  );
}

export function reopenExecution(journal: Journal, id: number, at: number, token: string | undefined): void {
  journal.run(
    `update execution set status = 'RUNNING', stopped_at = null, output = null, error = null, cause = null,
       redrives = redrives + 1, redriven_at = ?, redrive_token = ? where id = ?`,
    at,
    token ?? null,
    id,
  );
}

function executionOf(row: Row): Execution {
  return {
    ...listedOf(row),
    definition: String(row.definition),
    roleArn: String(row.role_arn),
    input: String(row.input),
    output: text(row.output),
    error: text(row.error),
    cause: text(row.cause),
    redriveToken: text(row.redrive_token),
    events: Number(row.events),
  };
}

function listedOf(row: Row): ListedExecution {
  return {
    id: Number(row.id),
    arn: String(row.arn),
    machineArn: String(row.machine_arn),
    name: String(row.name),
    status: row.status as ExecutionStatus,
    startedAt: Number(row.started_at),
    stoppedAt: number(row.stopped_at),
    redrives: Number(row.redrives),
    redrivenAt: number(row.redriven_at),
  };
}

function text(value: Row[string] | undefined): string | undefined {
  return value === null || value === undefined ? undefined : String(value);
}

function number(value: Row[string] | undefined): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}
