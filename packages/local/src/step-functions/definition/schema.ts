import * as z from 'zod';
import type { State } from './state-machine.ts';

/*
 * The fields of each state, and their types: Amazon States Language specification, "State Types", as far as the query
 * language is JSONata. Whatever has another field, of JSONPath or of a Distributed Map, is refused.
 */

/** AWS Step Functions Developer Guide, "Wait workflow state" and "Task workflow state": the longest time. */
const MAX_SECONDS = 99_999_999;
const MAX_RETRY_SECONDS = 31_622_400;

const expression = z.string().regex(/^\{%[\s\S]*%\}$/, 'expected a JSONata expression, {% … %}');
const seconds = z.int().min(0).max(MAX_SECONDS);
const positiveSeconds = z.int().min(1).max(MAX_SECONDS);
const count = z.int().min(0);
const percentage = z.number().min(0).max(100);

/** What fields take that are numbers, and what their expressions may come to. */
export const FIELD_NUMBERS = {
  Seconds: seconds,
  TimeoutSeconds: positiveSeconds,
  HeartbeatSeconds: positiveSeconds,
  MaxConcurrency: count,
  ToleratedFailureCount: count,
  ToleratedFailurePercentage: percentage,
};
const orExpression = <T extends z.ZodType>(value: T) => z.union([value, expression]);

const comment = { Comment: z.string().optional() };
const common = { ...comment, QueryLanguage: z.literal('JSONata').optional() };
const outcome = { Assign: z.record(z.string(), z.json()).optional(), Output: z.json().optional() };
const transition = { Next: z.string().optional(), End: z.literal(true).optional() };

const retrier = z
  .strictObject({
    ...comment,
    ErrorEquals: z.array(z.string()).min(1),
    IntervalSeconds: z.int().min(1).max(MAX_RETRY_SECONDS).optional(),
    MaxAttempts: z.int().min(0).max(MAX_SECONDS).optional(),
    BackoffRate: z.number().min(1).optional(),
    MaxDelaySeconds: z.int().min(1).max(MAX_RETRY_SECONDS).optional(),
    JitterStrategy: z.enum(['FULL', 'NONE']).optional(),
  })
  .refine(({ IntervalSeconds = 1, MaxDelaySeconds = Infinity }) => MaxDelaySeconds > IntervalSeconds, {
    message: 'expected more than IntervalSeconds',
    path: ['MaxDelaySeconds'],
  });
const catcher = z.strictObject({
  ...comment,
  ...outcome,
  ErrorEquals: z.array(z.string()).min(1),
  Next: z.string(),
});
const fallible = { ...outcome, ...transition, Retry: z.array(retrier).optional(), Catch: z.array(catcher).optional() };

const states = {
  StartAt: z.string(),
  States: z.record(
    z.string().min(1).max(80),
    z.lazy(() => AnyState),
  ),
};

/** One of two fields, and not both. */
const either = (one: string, other: string) => ({
  test: (fields: object) => one in fields !== other in fields,
  options: { message: `expected either ${one} or ${other}` },
});
const goesOn = either('Next', 'End');
const waitsFor = either('Seconds', 'Timestamp');

const AnyState: z.ZodType<State> = z.discriminatedUnion('Type', [
  z
    .strictObject({
      ...common,
      ...fallible,
      Type: z.literal('Task'),
      Resource: z.string(),
      Arguments: z.json().optional(),
      TimeoutSeconds: orExpression(positiveSeconds).optional(),
      HeartbeatSeconds: orExpression(positiveSeconds).optional(),
    })
    .refine(goesOn.test, goesOn.options),
  z
    .strictObject({
      ...common,
      ...fallible,
      Type: z.literal('Parallel'),
      Arguments: z.json().optional(),
      Branches: z.array(z.strictObject({ ...comment, ...states })).min(1),
    })
    .refine(goesOn.test, goesOn.options),
  z
    .strictObject({
      ...common,
      ...fallible,
      Type: z.literal('Map'),
      Items: orExpression(z.array(z.json())).optional(),
      ItemSelector: z.json().optional(),
      ItemProcessor: z.strictObject({
        ...comment,
        ...states,
        ProcessorConfig: z.strictObject({ Mode: z.literal('INLINE') }).optional(),
      }),
      MaxConcurrency: orExpression(count).optional(),
      ToleratedFailureCount: orExpression(count).optional(),
      ToleratedFailurePercentage: orExpression(percentage).optional(),
    })
    .refine(goesOn.test, goesOn.options),
  z.strictObject({ ...common, ...outcome, ...transition, Type: z.literal('Pass') }).refine(goesOn.test, goesOn.options),
  z
    .strictObject({
      ...common,
      ...outcome,
      ...transition,
      Type: z.literal('Wait'),
      Seconds: orExpression(seconds).optional(),
      Timestamp: orExpression(z.iso.datetime({ offset: true })).optional(),
    })
    .refine(goesOn.test, goesOn.options)
    .refine(waitsFor.test, waitsFor.options),
  z.strictObject({
    ...common,
    ...outcome,
    Type: z.literal('Choice'),
    Choices: z
      .array(z.strictObject({ ...comment, ...outcome, Condition: orExpression(z.boolean()), Next: z.string() }))
      .min(1),
    Default: z.string().optional(),
  }),
  z.strictObject({ ...common, Type: z.literal('Succeed'), Output: z.json().optional() }),
  z.strictObject({ ...common, Type: z.literal('Fail'), Error: z.string().optional(), Cause: z.string().optional() }),
]) as unknown as z.ZodType<State>;

export const Machine = z.strictObject({
  ...comment,
  ...states,
  QueryLanguage: z.literal('JSONata', 'expected "JSONata": JSONPath is not supported'),
  TimeoutSeconds: positiveSeconds.optional(),
  Version: z.literal('1.0').optional(),
});
