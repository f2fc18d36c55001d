import { setInterval } from 'node:timers/promises';
import { SendTaskHeartbeatCommand, type SFNClient } from '@aws-sdk/client-sfn';

/** API reference, SendTaskHeartbeat: the token is not waited for any more. */
const OVER: ReadonlySet<string> = new Set(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken']);

export interface Heartbeat {
  readonly taskToken: string;
  readonly everyMs: number;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Says that a task is at work, until it is done or nobody waits for it any more: then true. */
export async function beat(client: SFNClient, { taskToken, everyMs, signal }: Heartbeat): Promise<boolean> {
  try {
    for await (const _ of setInterval(everyMs, undefined, { signal })) {
      try {
        await client.send(new SendTaskHeartbeatCommand({ taskToken }));
      } catch (error) {
        // Any other failure is not the last word: the next beat may be heard.
        if (OVER.has((error as Error).name)) return true;
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return false;
}
