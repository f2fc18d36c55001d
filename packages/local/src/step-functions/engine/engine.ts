import { ApiError } from '../api-error.ts';
import { executionArn } from '../arns.ts';
import { parseDefinition } from '../definition/parse-definition.ts';
import { insertEvent, type NewEvent } from '../journal/events.ts';
import {
  type Execution,
  type Finish,
  findExecution,
  finishExecution,
  insertExecution,
  readExecution,
  reopenExecution,
  runningExecutions,
} from '../journal/executions.ts';
import { readPosition, removePositions, reopenPositions } from '../journal/positions.ts';
import { findMachine, readMachine, sweepMachine } from '../journal/state-machines.ts';
import { type Answer, answerToken, closeTokens, hearToken } from '../journal/tokens.ts';
import type { Json } from '../json.ts';
import { StateError } from '../state-error.ts';
import { createBells } from './bells.ts';
import { errorDetails } from './error-details.ts';
import { HistoryFull, MAX_EVENTS, record } from './record.ts';
import { whyNotRedrivable } from './redrivable.ts';
import { whenThereIsRoom } from './room.ts';
import type { EngineDeps, Executions, Run, Start } from './run.ts';
import type { Ending, Scope } from './scope.ts';
import { firstStep, walk } from './walk.ts';

export interface Engine extends AsyncDisposable {
  /** Idempotent while it runs. Throws `ExecutionAlreadyExists`, `StateMachineDoesNotExist`, `StateMachineDeleting`. */
  start(start: Start): Execution;
  /** Ends it, if it runs. Throws `ExecutionDoesNotExist`. */
  stop(arn: string, why?: { readonly error?: string | undefined; readonly cause?: string | undefined }): Execution;
  /** Takes a failed execution up again at what failed; once for a token. Throws `ExecutionNotRedrivable`. */
  redrive(arn: string, token?: string): Execution;
  /** Throws `InvalidToken`, `TaskDoesNotExist`, `TaskTimedOut`. */
  answer(token: string, answer: Answer): void;
  heartbeat(token: string): void;
  /** Resolves when the execution is over. */
  ended(arn: string, signal: AbortSignal): Promise<Execution>;
}

/** Whatever ran when the journal was last in use goes on. Disposing leaves it as it stands. */
export function openEngine(deps: EngineDeps): Engine {
  const { journal, clock, log } = deps;
  const bells = createBells();
  const running = new Map<string, { readonly controller: AbortController; readonly done: Promise<void> }>();
  let closed = false;

  const finish = (id: number, arn: string, machineArn: string, how: Finish): void => {
    finishExecution(journal, id, how);
    closeTokens(journal, id, '');
    // Of what has failed they are kept, for a redrive begins there.
    if (how.status === 'SUCCEEDED') removePositions(journal, id, '');
    sweepMachine(journal, machineArn);
    running.delete(arn);
  };

  /** Ends an execution from outside its states. */
  const end = ({ id, arn, machineArn, events }: Execution, type: string, how: Omit<Finish, 'at'>): void => {
    const details = errorDetails(how.error, how.cause);
    const controller = running.get(arn)?.controller;
    journal.transaction(() => {
      const last = readPosition(journal, id, '')?.lastEvent ?? events;
      const event = { type, details, id: Math.min(events + 1, MAX_EVENTS), previous: last, at: clock.now() };
      insertEvent(journal, id, event);
      journal.run('update execution set events = ? where id = ?', event.id, id);
      finish(id, arn, machineArn, { ...how, at: clock.now() });
    });
    controller?.abort(new Error(`the execution has ended: ${how.status}`));
    bells.ring(arn);
  };

  const drive = async (execution: Execution, controller: AbortController): Promise<void> => {
    const { arn, id, machineArn, name, roleArn, startedAt, redrives, events } = execution;
    const input = JSON.parse(execution.input) as Json;
    const machine = parseDefinition(execution.definition);
    const run: Run = {
      deps,
      bells,
      executions,
      id,
      arn,
      name,
      machineArn,
      roleArn,
      input,
      startedAt,
      redrives,
      events,
    };
    const { signal } = controller;
    const close = (type: string, details: NewEvent['details'], how: Omit<Finish, 'at'>): Ending => ({
      events: [{ type, ...(details ? { details } : {}) }],
      also: () => finish(id, arn, machineArn, { ...how, at: clock.now() }),
    });
    const ending: Scope['ending'] = {
      succeeded(value) {
        const output = JSON.stringify(value);
        const details = { output, outputDetails: { truncated: false } };
        return close('ExecutionSucceeded', details, { status: 'SUCCEEDED', output });
      },
      failed({ name: error, message: cause }) {
        return close('ExecutionFailed', errorDetails(error, cause), { status: 'FAILED', error, cause });
      },
    };
    const position = readPosition(journal, id, '');
    if (machine.TimeoutSeconds !== undefined) {
      const ms = machine.TimeoutSeconds * 1_000;
      const at = (execution.redrivenAt ?? startedAt) + ms;
      const left = Math.min(Math.max(at - clock.now(), 0), ms);
      const late = () =>
        whenThereIsRoom(deps, signal, () =>
          end(readExecution(journal, arn), 'ExecutionTimedOut', { status: 'TIMED_OUT', error: 'States.Timeout' }),
        );
      clock
        .wait(left, signal)
        .then(late)
        .catch(() => undefined);
    }
    const begun = { run, path: '', states: machine, signal, ending, pending: [] };
    try {
      if (position) {
        await walk({ ...begun, position });
      } else {
        const first = firstStep(begun, input, 0);
        const scope: Scope = { ...begun, position: first.position };
        const details = { input: execution.input, inputDetails: { truncated: false }, roleArn };
        await record(scope, { ...first, events: [{ type: 'ExecutionStarted', details }, ...(first.events ?? [])] });
        await walk(scope);
      }
    } catch (error) {
      // What ended it from outside has written down how; a closing host writes nothing.
      if (signal.aborted || error instanceof StateError) return;
      if (!(error instanceof HistoryFull)) log(`execution ${arn} fails: ${String(error)}`);
      const cause = error instanceof Error ? error.message : String(error);
      const how = { status: 'FAILED', error: 'States.Runtime', cause } as const;
      await whenThereIsRoom(deps, signal, () => end(readExecution(journal, arn), 'ExecutionFailed', how));
    } finally {
      // The timer of the whole.
      controller.abort();
      bells.ring(arn);
    }
  };

  const executions: Executions = {
    arnOf: ({ machineArn, name }) => executionArn(machineArn, name),
    prepare({ machineArn, name, input }) {
      const machine = readMachine(journal, machineArn);
      if (machine.status === 'DELETING') {
        throw new ApiError('StateMachineDeleting', `State Machine is marked for deletion: '${machineArn}'`);
      }
      const arn = executionArn(machineArn, name);
      if (findExecution(journal, arn)) {
        throw new ApiError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
      }
      const { sha256: definition, roleArn } = machine;
      insertExecution(journal, { arn, machineArn, name, definition, roleArn, input, startedAt: clock.now() });
    },
    launch(arn) {
      const execution = readExecution(journal, arn);
      if (closed || execution.status !== 'RUNNING' || running.has(arn)) return;
      const controller = new AbortController();
      const done = drive(execution, controller).catch((error: unknown) => log(`execution ${arn}: ${String(error)}`));
      running.set(arn, { controller, done });
    },
    stop(arn) {
      const execution = readExecution(journal, arn);
      if (execution.status === 'RUNNING') end(execution, 'ExecutionAborted', { status: 'ABORTED' });
    },
    closing: () => closed,
  };

  for (const arn of runningExecutions(journal)) executions.launch(arn);

  return {
    start(start) {
      const arn = executions.arnOf(start);
      const found = findExecution(journal, arn);
      if (found?.status === 'RUNNING' && found.input === start.input) return found;
      journal.transaction(() => executions.prepare(start));
      executions.launch(arn);
      return readExecution(journal, arn);
    },
    stop(arn, { error, cause } = {}) {
      const execution = readExecution(journal, arn);
      if (execution.status === 'RUNNING') end(execution, 'ExecutionAborted', { status: 'ABORTED', error, cause });
      return readExecution(journal, arn);
    },
    redrive(arn, token) {
      const execution = readExecution(journal, arn);
      // An answer that was lost is asked for again.
      if (token !== undefined && execution.redriveToken === token) return execution;
      const { id, machineArn, redrives, events } = execution;
      const why = whyNotRedrivable(execution, findMachine(journal, machineArn), clock.now());
      if (why !== undefined) throw new ApiError('ExecutionNotRedrivable', why);
      journal.transaction(() => {
        reopenExecution(journal, id, clock.now(), token);
        reopenPositions(journal, id);
        const details = { redriveCount: redrives + 1 };
        insertEvent(journal, id, {
          type: 'ExecutionRedriven',
          details,
          id: events + 1,
          previous: events,
          at: clock.now(),
        });
        journal.run('update execution set events = ? where id = ?', events + 1, id);
      });
      executions.launch(arn);
      return readExecution(journal, arn);
    },
    answer(token, answer) {
      journal.transaction(() => answerToken(journal, token, answer));
      bells.ring(token);
    },
    heartbeat(token) {
      journal.transaction(() => hearToken(journal, token, clock.now()));
      bells.ring(token);
    },
    async ended(arn, signal) {
      for (;;) {
        const execution = readExecution(journal, arn);
        if (execution.status !== 'RUNNING') return execution;
        await bells.heard(arn, signal);
      }
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      const all = [...running.values()];
      for (const { controller } of all) controller.abort(new Error('the host ends'));
      await Promise.all(all.map(({ done }) => done));
    },
  };
}
