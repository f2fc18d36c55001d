import type { Json, JsonObject } from '../json.ts';

/** A state machine that was found sound. Fields that take an expression hold it as text, `{% … %}`. */
export interface StateMachine extends States {
  readonly TimeoutSeconds?: number;
}

/** States that follow one another: of a machine, of a branch of a Parallel state, of an item of a Map state. */
export interface States {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

export type State =
  | TaskState
  | PassState
  | ChoiceState
  | WaitState
  | SucceedState
  | FailState
  | ParallelState
  | MapState;

/** Where a state goes on to; neither where it is the last. */
interface Transition {
  readonly Next?: string;
  readonly End?: true;
}

/** What a state makes of its result. */
export interface Outcome {
  readonly Assign?: JsonObject;
  readonly Output?: Json;
}

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly MaxAttempts?: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: 'FULL' | 'NONE';
}

export interface Catcher extends Outcome {
  readonly ErrorEquals: readonly string[];
  readonly Next: string;
}

/** States that something can go wrong in which is worth another attempt. */
interface Fallible extends Outcome, Transition {
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly Catcher[];
}

export interface TaskState extends Fallible {
  readonly Type: 'Task';
  readonly Resource: string;
  readonly Arguments?: Json;
  readonly TimeoutSeconds?: number | string;
  readonly HeartbeatSeconds?: number | string;
}

export interface ParallelState extends Fallible {
  readonly Type: 'Parallel';
  readonly Arguments?: Json;
  readonly Branches: readonly States[];
}

export interface MapState extends Fallible {
  readonly Type: 'Map';
  readonly Items?: Json;
  readonly ItemSelector?: Json;
  readonly ItemProcessor: States;
  readonly MaxConcurrency?: number | string;
  readonly ToleratedFailureCount?: number | string;
  readonly ToleratedFailurePercentage?: number | string;
}

export interface PassState extends Outcome, Transition {
  readonly Type: 'Pass';
}

export interface WaitState extends Outcome, Transition {
  readonly Type: 'Wait';
  readonly Seconds?: number | string;
  readonly Timestamp?: string;
}

export interface ChoiceRule extends Outcome {
  readonly Condition: boolean | string;
  readonly Next: string;
}

export interface ChoiceState extends Outcome {
  readonly Type: 'Choice';
  readonly Choices: readonly ChoiceRule[];
  readonly Default?: string;
}

export interface SucceedState {
  readonly Type: 'Succeed';
  readonly Output?: Json;
}

export interface FailState {
  readonly Type: 'Fail';
  readonly Error?: string;
  readonly Cause?: string;
}

/** The sequences of states inside a state, each with the place of its fields. */
export function innerStates(state: State): { readonly place: string; readonly states: States }[] {
  if (state.Type === 'Map') return [{ place: '/ItemProcessor', states: state.ItemProcessor }];
  if (state.Type !== 'Parallel') return [];
  return state.Branches.map((states, index) => ({ place: `/Branches/${index}`, states }));
}
