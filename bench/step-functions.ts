import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Json, JsonObject } from '@datasens/local/step-functions/json.ts';
import {
  callState,
  innerStates,
  machine as stateMachine,
  stepFunctionsWorld,
} from '@datasens/testkit/step-functions-world.ts';
import { formatResult } from './report.ts';
import { type BenchResult, type BenchRow, machine, row, writeResult } from './result.ts';

/**
 * What a state costs, and what memory executions take that are kept.
 *
 *     npm run bench:step-functions
 */
const EXECUTIONS = 10_000;
/** After as many, what is loaded and compiled once is there. */
const WARM = 2_000;
const RSS_BUDGET = 1.2;
const STATES = 1_000;
const OF_A_MACHINE = 20;

const before = machine();
await using world = await stepFunctionsWorld({ functions: { work: (n) => n } });
const commits = secondsOfCommits();
const rows: BenchRow[] = [
  await states('Pass states', { Type: 'Pass' }),
  await states('Pass states with an expression', { Type: 'Pass', Output: '{% $states.input %}' }),
  await states('tasks that call a function', callState('work', { Output: '{% $states.result.Payload %}' })),
  await iterations(),
  await keptExecutions(),
];
const result: BenchResult = {
  bench: 'step-functions',
  command: 'npm run bench:step-functions',
  about:
    `${STATES.toLocaleString('en')} states of each kind, ${OF_A_MACHINE} to an execution, one after another, beside as many commits of one row of 1 kB ` +
    'to the same SQLite database: each is synced to disk, and a task takes two. The iterations are those of a Map of 40 at once. Then ' +
    `${EXECUTIONS.toLocaleString('en')} executions of two states, all of them kept: the memory of the process at the end, beside what it was after ${WARM.toLocaleString('en')}.`,
  date: new Date().toISOString(),
  machine: before,
  subject: { 'events in the journal': Number(world.journal.get('select count(*) as n from event')?.n) },
  rows,
};
await writeResult(result);
console.log(formatResult(result));

function secondsOfCommits(): number {
  world.journal.run('create table bench (n integer primary key, text text not null)');
  const started = performance.now();
  for (let n = 0; n < STATES; n += 1) {
    world.journal.transaction(() => world.journal.run('insert into bench (text) values (?)', 'x'.repeat(1_000)));
  }
  return (performance.now() - started) / 1_000;
}

async function states(name: string, state: JsonObject): Promise<BenchRow> {
  const names = Array.from({ length: OF_A_MACHINE }, (_, n) => `S${n}`);
  const chain = names.map((each, n) => {
    const next = names[n + 1];
    return [each, { ...state, ...(next === undefined ? { End: true } : { Next: next }) }] as const;
  });
  return await measure(name, STATES / OF_A_MACHINE, stateMachine(Object.fromEntries(chain)), {});
}

async function iterations(): Promise<BenchRow> {
  const ItemProcessor = innerStates({ Work: callState('work', { End: true }) });
  const definition = stateMachine({ Each: { Type: 'Map', ItemProcessor, End: true } });
  const items = Array.from({ length: 40 }, (_, n) => n);
  return await measure('iterations that call a function', STATES / items.length, definition, items);
}

async function measure(name: string, times: number, definition: JsonObject, input: Json): Promise<BenchRow> {
  await world.run(definition, input);
  const started = performance.now();
  for (let n = 0; n < times; n += 1) await world.run(definition, input);
  return row(`${STATES.toLocaleString('en')} ${name}`, 's', (performance.now() - started) / 1_000, { with: commits });
}

async function keptExecutions(): Promise<BenchRow> {
  const Work = callState('work', { Output: '{% $states.result.Payload %}', End: true });
  const machineArn = world.create('kept', stateMachine({ Pass: { Type: 'Pass', Next: 'Work' }, Work }));
  let warm = Number.NaN;
  for (let n = 0; n < EXECUTIONS; n += 1) {
    if (n === WARM) warm = rssMb();
    await world.ended(world.engine.start({ machineArn, name: `kept-${n}`, input: JSON.stringify({ n }) }));
  }
  const name = `RSS with ${EXECUTIONS.toLocaleString('en')} executions kept`;
  return row(name, 'MB', rssMb(), { with: warm, budget: RSS_BUDGET });
}

function rssMb(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().rss / 1e6;
}
