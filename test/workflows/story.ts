import { verifyJournal } from '@datasens/core/audit/verify-journal.ts';
import type { JsonObject } from '@datasens/local/step-functions/json.ts';
import {
  type Ended,
  type PlannedFault,
  type WorkflowWorld,
  type WorkflowWorldOptions,
  workflowWorld,
} from '@datasens/testkit/workflow-world.ts';
import { expect, test } from 'vitest';
import { crashingHost } from './crashing-host.ts';
import { type TaskState, tasksOf } from './states.ts';

/** A workflow, and what is to come of it whatever happens on its way. */
export interface Story {
  readonly workflow: string;
  readonly options?: WorkflowWorldOptions;
  /** Prepares the world of a test, before anything is run. */
  prepare(world: WorkflowWorld): Promise<void>;
  /** What an execution is about; its input. */
  begin(world: WorkflowWorld, name: string): Promise<JsonObject>;
  /** Expects what is promised of one that has succeeded. */
  succeeded(world: WorkflowWorld, ended: Ended): Promise<void>;
  /** Expects what is promised of one that has failed. */
  failed(world: WorkflowWorld, ended: Ended): Promise<void>;
  /** The errors that lead to a state which an execution does not usually enter, by the state's name. */
  readonly towards?: Readonly<Record<string, readonly PlannedFault[]>>;
  /** The states that an execution enters only to go on and to fail at its end, and the error that it then fails by. */
  readonly doomed?: Readonly<Record<string, string>>;
  /** Of those, the ones behind which it fails by an error of its own, which is not the one that was journalled. */
  readonly summedUp?: Readonly<Record<string, string>>;
  /** The functions that states call by what an execution has found, by the names of the states. */
  readonly calls?: Readonly<Record<string, string>>;
  /** The states that it never enters: those of ways that have tests of their own. */
  readonly elsewhere?: readonly string[];
}

/** How each workflow ends that fails. */
const ENDING: readonly string[] = ['RecordFailure', 'NotifyFailure', 'Failed'];

/** What every workflow must pass: its usual way, each Retry, each Catch, and a crash after each of its states. */
export function testWorkflow(story: Story): void {
  const { workflow, doomed = {}, elsewhere = [], calls = {} } = story;
  const tasks = tasksOf(workflow)
    .filter(({ name }) => !elsewhere.includes(name))
    .map((state) => ({ ...state, functionName: calls[state.name] ?? state.functionName }));

  async function openWorld(wrap?: WorkflowWorldOptions['wrap']): Promise<WorkflowWorld> {
    const world = await workflowWorld({ ...story.options, ...(wrap ? { wrap } : {}) });
    await story.prepare(world);
    return world;
  }

  async function run(world: WorkflowWorld, name: string, status: 'SUCCEEDED' | 'FAILED'): Promise<Ended> {
    const ended = await world.run(workflow, await story.begin(world, name), name);
    expect(ended, name).toMatchObject({ status });
    expect(world.faults, `${name}: nothing that was planned is left`).toEqual([]);
    await (status === 'SUCCEEDED' ? story.succeeded(world, ended) : story.failed(world, ended));
    return ended;
  }

  test('goes its usual way', async () => {
    await using world = await openWorld();
    await run(world, 'usual', 'SUCCEEDED');
    expect(world.told).toEqual([]);
  });

  test.for(waysOf(story, tasks))('tried again: $name', async ({ states, faults, fails }) => {
    await using world = await openWorld();
    // Some have done nothing yet, others all but tell so.
    const whens = ['before', 'after'] as const;
    const planned = states.flatMap(({ name, starts, ...state }) =>
      state.retries.map((error, index) =>
        starts === undefined
          ? { ...state, error, when: (name !== 'Failed' && whens[index]) || 'before' }
          : { functionName: starts, asExecution: true, error },
      ),
    );
    world.faults.push(...faults, ...planned);
    await run(world, 'retried', fails ? 'FAILED' : 'SUCCEEDED');
    const error = states.map(({ name }) => doomed[name]).find((each) => each !== undefined) ?? 'ToolFailed';
    expect(await failures(world, 'retried')).toEqual(fails ? [error] : []);
  });

  test.for(catchesOf(tasks))('$name: $error leads to $next', async ({ error, next, redriven, ...state }) => {
    await using world = await openWorld();
    const planned = { ...state, error: error === 'States.ALL' ? 'NotAllowed' : error };
    world.faults.push(...towards(story, tasks, state), planned);
    const fails = ENDING.includes(next) || next in doomed;
    const ended = await run(world, 'caught', fails ? 'FAILED' : 'SUCCEEDED');
    if (next === `${state.name}AsTask`) expect(world.called).toContain(`${state.functionName} as task`);
    if (!fails) return;
    const first = ENDING.includes(state.name) ? 'ToolFailed' : (doomed[state.name] ?? planned.error);
    expect(ended).toMatchObject({ error: story.summedUp?.[next] ?? first });
    expect(await failures(world, 'caught')).toEqual(state.functionName === 'record-failure' ? [] : [first]);
    // An execution that another one waits for tells of itself, too.
    expect(world.told).toHaveLength(state.name === 'NotifyFailure' ? 0 : state.starts ? 2 : 1);
    if (!redriven) return;
    // What has failed can be taken up again, and then comes to what it should have.
    world.api.world.engine.redrive(ended.arn);
    const again = await world.ended(ended.arn);
    expect(again).toMatchObject({ status: 'SUCCEEDED' });
    await story.succeeded(world, again);
  });

  test('crashed after every step, it goes on where it stood', async () => {
    const crashing = crashingHost();
    await using world = await openWorld(crashing.wrap);
    const arn = world.start(workflow, await story.begin(world, 'crashed'), 'crashed');
    const { ended, crashes } = await crashing.run(world, arn);
    expect(crashes).toBeGreaterThan(new Set(world.called).size * 2);
    expect(ended).toMatchObject({ status: 'SUCCEEDED' });
    await story.succeeded(world, ended);
    expect(await verifyJournal(world.dumps.deps)).toMatchObject({ ok: true, problems: [] });
  });
}

/** The states of a workflow, by what leads to them: those of one way are tried in one execution. */
function waysOf(story: Story, tasks: readonly TaskState[]) {
  const { doomed = {} } = story;
  const ways = Map.groupBy(tasks, (state) => {
    if (story.towards?.[state.name]) return state.name;
    return state.asTask ? 'as tasks' : ENDING.includes(state.name) ? 'at its end' : 'as functions';
  });
  return [...ways].map(([name, states]) => {
    const faults = states.flatMap((state) => towards(story, tasks, state));
    // The first leads to all of them: a task stays a task, and an end is an end.
    const together = name === 'as tasks' || name === 'at its end';
    return {
      name,
      states,
      fails: name === 'at its end' || name in doomed,
      faults: together ? faults.slice(0, 1) : faults,
    };
  });
}

function towards(
  { towards: told = {} }: Story,
  tasks: readonly TaskState[],
  state: TaskState,
): readonly PlannedFault[] {
  const { name, functionName, asTask } = state;
  const usual = asTask
    ? [{ functionName, error: 'DeadlineExceeded' }]
    : ENDING.includes(name)
      ? [{ functionName: tasks[0]?.functionName ?? '', error: 'ToolFailed' }]
      : [];
  return told[name] ?? usual;
}

function catchesOf(tasks: readonly TaskState[]) {
  const catches = tasks.flatMap((state) => state.catches.map((caught) => ({ ...state, ...caught })));
  const last = catches.findLastIndex(({ next }) => next === 'RecordFailure');
  return catches.map((caught, index) => ({ ...caught, redriven: index === last }));
}

/** The errors that the journal has of an execution. */
async function failures({ dumps }: WorkflowWorld, execution: string): Promise<string[]> {
  const rows = await dumps.audit.server.sql<{ error: string }>(
    `select detail::json #>> '{error,name}' as error from t39_dump_evenement
      where evenement = 'ECHEC' and detail::json ->> 'execution' = '${execution}'`,
  );
  return rows.map(({ error }) => error);
}
