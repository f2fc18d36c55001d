import * as z from 'zod';
import { functionNameOf } from './function-name.ts';

/*
 * What a Task state may name, and the arguments of each: AWS Step Functions Developer Guide, "Integrating services",
 * the pages of Lambda, of Step Functions, and of Amazon ECS.
 */

const state = z.json();

/** Lambda, "Invoke": the function's name or ARN, and what it is given. */
export const InvokeArguments = z.strictObject({ FunctionName: z.string().min(1), Payload: state.default({}) });

/** Step Functions, "StartExecution". */
export const StartExecutionArguments = z.strictObject({
  StateMachineArn: z.string().min(1),
  Input: state.default({}),
  Name: z.string().optional(),
});

const environment = z.array(z.strictObject({ Name: z.string().min(1), Value: z.string() })).default([]);

/**
 * Amazon ECS, "RunTask": of the container's overrides, what a process has as well. Where the task runs is the host's
 * to say: the fields that place it in AWS are taken, and have no meaning here.
 */
export const RunTaskArguments = z.strictObject({
  TaskDefinition: z.string().min(1),
  Cluster: state.optional(),
  LaunchType: state.optional(),
  CapacityProviderStrategy: state.optional(),
  PlatformVersion: state.optional(),
  NetworkConfiguration: state.optional(),
  PropagateTags: state.optional(),
  EnableECSManagedTags: state.optional(),
  Overrides: z
    .strictObject({
      ContainerOverrides: z
        .array(
          z.strictObject({
            Name: z.string().optional(),
            Command: z.array(z.string()).default([]),
            Environment: environment,
            Cpu: state.optional(),
            Memory: state.optional(),
          }),
        )
        .max(1),
    })
    .optional(),
});

export type Resource = Integration | NamedFunction;

export interface Integration {
  /** As the history calls them. */
  readonly resourceType: 'lambda' | 'states' | 'ecs';
  readonly resource: string;
  /** Whether the task is done when its token comes back. */
  readonly token: boolean;
  readonly arguments: z.ZodObject;
}

/** A function of Lambda whose ARN is the resource: what it is given is its payload, what it returns is the result. */
export interface NamedFunction {
  readonly resourceType: 'function';
  readonly resource: string;
  readonly functionName: string;
  readonly token: false;
  readonly arguments: z.ZodType;
}

/** Lambda, API reference, "Invoke": the ARN of a function, which may end in a version or an alias. */
const FUNCTION_ARN =
  /^arn:aws(?:-[a-z]+)*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]{1,64}(?::(?:\$LATEST|[A-Za-z0-9_-]{1,128}))?$/;

const INTEGRATIONS: Readonly<Record<string, Integration>> = {
  'arn:aws:states:::lambda:invoke': {
    resourceType: 'lambda',
    resource: 'invoke',
    token: false,
    arguments: InvokeArguments,
  },
  'arn:aws:states:::lambda:invoke.waitForTaskToken': {
    resourceType: 'lambda',
    resource: 'invoke.waitForTaskToken',
    token: true,
    arguments: InvokeArguments,
  },
  'arn:aws:states:::states:startExecution.sync:2': {
    resourceType: 'states',
    resource: 'startExecution.sync:2',
    token: false,
    arguments: StartExecutionArguments,
  },
  'arn:aws:states:::ecs:runTask.waitForTaskToken': {
    resourceType: 'ecs',
    resource: 'runTask.waitForTaskToken',
    token: true,
    arguments: RunTaskArguments,
  },
};

export const SUPPORTED_RESOURCES = [...Object.keys(INTEGRATIONS), 'the ARN of a function'];

/** What a Task state's `Resource` stands for; undefined for what is not supported. */
export function findResource(arn: string): Resource | undefined {
  if (Object.hasOwn(INTEGRATIONS, arn)) return INTEGRATIONS[arn];
  if (!FUNCTION_ARN.test(arn)) return undefined;
  return {
    resourceType: 'function',
    resource: arn,
    functionName: functionNameOf(arn),
    token: false,
    arguments: state,
  };
}
