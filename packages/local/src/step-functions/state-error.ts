/** The errors that Step Functions itself reports (Developer Guide, "Handling errors", "Error names"). */
export type StatesErrorName =
  | 'States.BranchFailed'
  | 'States.DataLimitExceeded'
  | 'States.ExceedToleratedFailureThreshold'
  | 'States.HeartbeatTimeout'
  | 'States.NoChoiceMatched'
  | 'States.QueryEvaluationError'
  | 'States.Runtime'
  | 'States.TaskFailed'
  | 'States.Timeout';

interface StateErrorOptions {
  /** Other names that `ErrorEquals` knows it by. */
  readonly aliases?: readonly StatesErrorName[];
  /** Of an expression that failed: the field, and what is wrong with it. */
  readonly evaluation?: { readonly location: string; readonly detail: string } | undefined;
}

/** What a state failed by: the name is that which `ErrorEquals` matches, the message is its cause. */
export class StateError extends Error {
  readonly aliases: readonly string[];
  readonly evaluation: StateErrorOptions['evaluation'];

  constructor(
    name: StatesErrorName | (string & {}),
    cause: string,
    { aliases = [], evaluation }: StateErrorOptions = {},
  ) {
    super(cause);
    this.name = name;
    this.aliases = aliases;
    this.evaluation = evaluation;
  }
}
