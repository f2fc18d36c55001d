import { readFileSync } from 'node:fs';
import type { JsonObject } from '@datasens/local/step-functions/json.ts';

interface Retrier {
  readonly ErrorEquals: readonly string[];
}

interface Catcher extends Retrier {
  readonly Next: string;
}

/** A state that calls a function, runs a task or another workflow, and what becomes of its errors. */
export interface TaskState {
  readonly name: string;
  /** Of another workflow that of its first state, whose errors are those of the whole. */
  readonly functionName: string;
  readonly asTask: boolean;
  /** The workflow that it starts. */
  readonly starts: string | undefined;
  readonly retries: readonly string[];
  readonly catches: readonly { readonly error: string; readonly next: string }[];
}

/** The tasks of a workflow, as its definition has them: each retrier and catcher by the first error that it is for. */
export function tasksOf(workflow: string): TaskState[] {
  const text = readFileSync(new URL(`../../workflows/${workflow}.asl.json`, import.meta.url), 'utf8');
  return tasksIn(JSON.parse(text) as Scope);
}

interface Scope {
  readonly States: Readonly<Record<string, JsonObject>>;
}

/** Those inside of its maps, too. */
function tasksIn({ States }: Scope): TaskState[] {
  return Object.entries(States).flatMap(([name, state]) => {
    if (state.Type === 'Map') return tasksIn(state.ItemProcessor as unknown as Scope);
    if (state.Type !== 'Task') return [];
    const { Retry = [], Catch = [] } = state as unknown as { Retry?: Retrier[]; Catch?: Catcher[] };
    const asTask = String(state.Resource).includes(':ecs:');
    const starts = /\$\{machine\.([\w-]+)\}/.exec(JSON.stringify(state))?.[1];
    const functionName = /\$\{function\.([\w-]+)\}|"Command":\["([\w-]+)"/.exec(JSON.stringify(state));
    return {
      name,
      functionName: functionName?.[1] ?? functionName?.[2] ?? (starts && tasksOf(starts)[0]?.functionName) ?? '',
      asTask,
      starts,
      retries: Retry.map(({ ErrorEquals: [error = ''] }) => error),
      catches: Catch.map(({ ErrorEquals: [error = ''], Next: next }) => ({ error, next })),
    };
  });
}
