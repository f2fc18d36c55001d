import type { Journal } from './journal.ts';

/*
 * An execution that is removed disappears at once: it has no ARN, no machine and no status that anybody asks for. What
 * belongs to it goes after it, some rows at a time, and its own row last: whoever is cut off finds it again by that.
 */

/** So many rows go in one transaction, and as many executions disappear: others wait no longer than for that. */
const BATCH = 50;

/**
 * Takes the removal of what ended before a time one step further, as part of the transaction that is open; says whether
 * there may be another step. What a running execution still has to read the end of is not removed.
 */
export function removeSome(journal: Journal, before: number): boolean {
  return removeRows(journal) || hideExecutions(journal, before) || removeDefinitions(journal);
}

/** Of executions that have disappeared. */
function removeRows(journal: Journal): boolean {
  let left = BATCH;
  for (const { id } of journal.all(`select id from execution where status = 'REMOVED' order by id limit ?`, BATCH)) {
    const execution = Number(id);
    for (const [table, key] of [
      ['event', 'id'],
      ['position', 'path'],
      ['token', 'token'],
    ]) {
      left -= journal.run(
        `delete from ${table} where execution = ? and ${key} in (select ${key} from ${table} where execution = ? limit ?)`,
        execution,
        execution,
        left,
      );
      if (left <= 0) return true;
    }
    left -= journal.run('delete from execution where id = ?', execution);
    if (left <= 0) return true;
  }
  return left < BATCH;
}

function hideExecutions(journal: Journal, before: number): boolean {
  const hidden = journal.run(
    `update execution set status = 'REMOVED', arn = 'removed:' || id, machine_arn = '', stopped_at = null
     where id in (
       select id from execution
       where stopped_at < ? and arn not in (
         select json_extract(position, '$.progress.attempt.child')
         from position join execution as parent on parent.id = position.execution
         where parent.status = 'RUNNING' and json_extract(position, '$.progress.attempt.child') is not null
       )
       order by stopped_at limit ?
     )`,
    before,
    BATCH,
  );
  return hidden > 0;
}

/** Texts that no execution began with, and no machine has. */
function removeDefinitions(journal: Journal): boolean {
  const removed = journal.run(
    `delete from definition where sha256 in (
       select sha256 from definition
       where not exists (select 1 from execution where execution.definition = sha256)
         and not exists (select 1 from state_machine where state_machine.definition = sha256)
       limit ?
     )`,
    BATCH,
  );
  return removed > 0;
}
