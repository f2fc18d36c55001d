import { ApiError } from './api-error.ts';

/** Where what runs on this machine is said to be, for the ARNs to have AWS's form. */
const HERE = 'us-east-1:000000000000';
const MACHINE = new RegExp(`^arn:aws:states:${HERE}:stateMachine:[^:]{1,80}$`);
const EXECUTION = new RegExp(`^arn:aws:states:${HERE}:execution:[^:]{1,80}:[^:]{1,80}$`);

export function machineArn(name: string): string {
  return `arn:aws:states:${HERE}:stateMachine:${name}`;
}

export function executionArn(machine: string, name: string): string {
  return `${machine.replace(':stateMachine:', ':execution:')}:${name}`;
}

export function functionArn(name: string): string {
  return `arn:aws:lambda:${HERE}:function:${name}`;
}

/** Throws `InvalidArn`. */
export function expectMachineArn(arn: string): void {
  expectArn(arn, MACHINE);
}

/** Throws `InvalidArn`. */
export function expectExecutionArn(arn: string): void {
  expectArn(arn, EXECUTION);
}

function expectArn(arn: string, form: RegExp): void {
  if (!form.test(arn)) throw new ApiError('InvalidArn', `Invalid Arn: 'Invalid ARN prefix or resource: ${arn}'`);
}

/** API reference, CreateStateMachine and StartExecution: what a name must not have in it. Throws `InvalidName`. */
export function expectName(name: string): void {
  if (/^[^\s\p{Cc}<>{}[\]?*"#%\\^|~`$&,;:/]{1,80}$/u.test(name)) return;
  throw new ApiError('InvalidName', `Invalid Name: '${name}'`);
}
