/** What the Step Functions API answers a request with that it refuses (API reference, "Errors" of each action). */
export type ApiErrorName =
  | 'ExecutionAlreadyExists'
  | 'ExecutionDoesNotExist'
  | 'ExecutionNotRedrivable'
  | 'InvalidArn'
  | 'InvalidDefinition'
  | 'InvalidExecutionInput'
  | 'InvalidName'
  | 'InvalidOutput'
  | 'InvalidToken'
  | 'StateMachineAlreadyExists'
  | 'StateMachineDeleting'
  | 'StateMachineDoesNotExist'
  | 'StateMachineTypeNotSupported'
  | 'TaskDoesNotExist'
  | 'TaskTimedOut'
  | 'UnknownOperationException'
  | 'ValidationException';

/** A request that is refused. The name is the one that the SDK's exceptions have. */
export class ApiError extends Error {
  constructor(name: ApiErrorName, message: string) {
    super(message);
    // A literal, not the class name: bundlers rename classes.
    this.name = name;
  }
}
