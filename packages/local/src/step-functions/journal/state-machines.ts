import { createHash, randomUUID } from 'node:crypto';
import { ApiError } from '../api-error.ts';
import type { Journal, Row } from './journal.ts';

export interface StoredMachine {
  readonly id: number;
  readonly arn: string;
  readonly name: string;
  /** The key of the definition, and its text. */
  readonly sha256: string;
  readonly definition: string;
  readonly roleArn: string;
  readonly status: 'ACTIVE' | 'DELETING';
  readonly createdAt: number;
  readonly revision: string;
}

const COLUMNS = 'id, arn, name, definition.sha256, definition.text, role_arn, status, created_at, revision';
const FROM = 'state_machine join definition on definition.sha256 = state_machine.definition';

export function insertMachine(
  journal: Journal,
  machine: Pick<StoredMachine, 'arn' | 'name' | 'definition' | 'roleArn' | 'createdAt'>,
): void {
  const { arn, name, definition, roleArn, createdAt } = machine;
  journal.run(
    `insert into state_machine (arn, name, definition, role_arn, status, created_at, revision)
     values (?, ?, ?, ?, 'ACTIVE', ?, ?)`,
    arn,
    name,
    keepDefinition(journal, definition),
    roleArn,
    createdAt,
    randomUUID(),
  );
}

/** Executions that run go on with the definition that they began with. */
export function updateMachine(journal: Journal, arn: string, definition: string, roleArn: string): string {
  const revision = randomUUID();
  journal.run(
    'update state_machine set definition = ?, role_arn = ?, revision = ? where arn = ?',
    keepDefinition(journal, definition),
    roleArn,
    revision,
    arn,
  );
  return revision;
}

/** Gone at once where nothing runs; else when the last execution ends (API reference, DeleteStateMachine). */
export function deleteMachine(journal: Journal, arn: string): void {
  journal.run(`update state_machine set status = 'DELETING' where arn = ?`, arn);
  sweepMachine(journal, arn);
}

/** Removes a machine that is to be deleted, if none of its executions runs. */
export function sweepMachine(journal: Journal, arn: string): void {
  journal.run(
    `delete from state_machine where arn = ? and status = 'DELETING'
       and not exists (select 1 from execution where machine_arn = ? and status = 'RUNNING')`,
    arn,
    arn,
  );
}

export function findMachine(journal: Journal, arn: string): StoredMachine | undefined {
  const row = journal.get(`select ${COLUMNS} from ${FROM} where arn = ?`, arn);
  return row && machineOf(row);
}

export function readMachine(journal: Journal, arn: string): StoredMachine {
  const found = findMachine(journal, arn);
  if (found) return found;
  throw new ApiError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
}

export function listMachines(journal: Journal, after: number, limit: number): StoredMachine[] {
  const rows = journal.all(`select ${COLUMNS} from ${FROM} where id > ? order by id limit ?`, after, limit);
  return rows.map(machineOf);
}

/** Each text is kept once, however many executions have it. */
function keepDefinition(journal: Journal, text: string): string {
  const sha256 = createHash('sha256').update(text).digest('hex');
  journal.run('insert into definition (sha256, text) values (?, ?) on conflict do nothing', sha256, text);
  return sha256;
}

function machineOf(row: Row): StoredMachine {
  return {
    id: Number(row.id),
    arn: String(row.arn),
    name: String(row.name),
    sha256: String(row.sha256),
    definition: String(row.text),
    roleArn: String(row.role_arn),
    status: row.status as StoredMachine['status'],
    createdAt: Number(row.created_at),
    revision: String(row.revision),
  };
}
