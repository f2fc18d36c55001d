import { formatStamp } from '@datasens/core/catalog/stamp.ts';
import type { Log } from '@datasens/core/deps.ts';
import { ApiError } from '../step-functions/api-error.ts';
import { machineArn } from '../step-functions/arns.ts';
import type { Clock } from '../step-functions/clock.ts';
import type { Engine } from '../step-functions/engine/engine.ts';
import type { Journal } from '../step-functions/journal/journal.ts';
import { findMark, type Mark, putMark } from '../step-functions/journal/marks.ts';
import { parseExpression } from './expression.ts';
import type { Schedule } from './read-schedules.ts';

/** The clock may be set meanwhile. */
const LONGEST_WAIT_MS = 60_000;

export interface SchedulesDeps {
  readonly journal: Journal;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Starts what is due, when it is due, under a name of schedule and time: once, also where the host is killed in between.
 * What was missed while no host ran is caught up once, however often it was due. A schedule that is new, or
 * another than it was, begins with what is due from now on. Disposing ends it.
 */
export function keepSchedules(deps: SchedulesDeps, schedules: readonly Schedule[]): AsyncDisposable {
  const controller = new AbortController();
  const { signal } = controller;
  const done = keep(
    deps,
    schedules.filter(({ enabled }) => enabled),
    signal,
  ).catch((error: unknown) => {
    if (error !== signal.reason) throw error;
  });
  return {
    async [Symbol.asyncDispose]() {
      controller.abort();
      await done;
    },
  };
}

async function keep(deps: SchedulesDeps, schedules: readonly Schedule[], signal: AbortSignal): Promise<never> {
  for (;;) {
    const now = deps.clock.now();
    let next = now + LONGEST_WAIT_MS;
    for (const schedule of schedules) {
      try {
        next = Math.min(next, attend(deps, schedule, now) ?? next);
      } catch (error) {
        deps.log(`${schedule.name} cannot be started now, and is tried again: ${String(error)}`);
      }
    }
    await deps.clock.wait(Math.max(next - deps.clock.now(), 1), signal);
  }
}

/** Starts what is due of one of them; when it is due next. */
function attend(deps: SchedulesDeps, schedule: Schedule, now: number): number | undefined {
  const { journal } = deps;
  const { name, timezone } = schedule;
  const written = `${schedule.expression} ${timezone}`;
  let mark = findMark(journal, name);
  if (mark?.expression !== written) {
    mark = { expression: written, anchor: now, through: now };
    store(journal, name, mark);
  }
  if (mark.through > now) {
    // The clock was ahead, and was set back: that time comes once more.
    mark = { ...mark, through: now };
    store(journal, name, mark);
  }
  const expression = parseExpression(schedule.expression, timezone, mark.anchor);
  const due = expression.last(mark.through, now);
  if (due !== undefined) {
    start(deps, schedule, due);
    store(journal, name, { ...mark, through: due });
  }
  return expression.after(now);
}

function start({ engine, log }: SchedulesDeps, { name, workflow, input }: Schedule, due: number): void {
  const execution = `${name}-${formatStamp(new Date(due))}`;
  try {
    const told = JSON.stringify({ user: `schedule ${name}`, ...input });
    engine.start({ machineArn: machineArn(workflow), name: execution, input: told });
    log(`${workflow} is started: ${execution}`);
  } catch (error) {
    // It was, and has come to an end, before that could be written down.
    if (!(error instanceof ApiError && error.name === 'ExecutionAlreadyExists')) throw error;
  }
}

function store(journal: Journal, name: string, mark: Mark): void {
  journal.transaction(() => putMark(journal, name, mark));
}
