import type { Json } from '../json.ts';

/** What a Task state wants done outside the interpreter. */
export type Call =
  | { readonly resource: 'lambda:invoke'; readonly functionName: string; readonly payload: Json }
  | {
      readonly resource: 'ecs:runTask';
      readonly taskDefinition: string;
      readonly command: readonly string[];
      readonly environment: Readonly<Record<string, string>>;
    };

/**
 * Does it: resolves to what the function returns, or when the process has started. The signal aborts when nobody waits
 * for it any more. An error's name and message are the task's; what is thrown and is no error is `Lambda.Unknown`.
 */
export type Invoke = (call: Call, signal: AbortSignal) => Promise<unknown>;
