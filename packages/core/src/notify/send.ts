import * as z from 'zod';
import type { Log } from '../deps.ts';
import { AppError, isAppError } from '../errors.ts';
import type { Channel } from './channel.ts';
import { composeMessage, type Message } from './message.ts';
import { Notification } from './notification.ts';
import { type Clock, monotonicClock, withRetries } from './retry.ts';

export interface NotifyDeps {
  readonly channels: readonly Channel[];
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly clock?: Clock;
  /** From 0 up to 1: the jitter of retries. */
  readonly random?: () => number;
}

export interface NotifyResult {
  readonly sent: readonly Channel['name'][];
  readonly failed: readonly { readonly channel: Channel['name']; readonly because: string }[];
}

/**
 * Tells everybody: sends the notification by each channel, all at once, none of which waits for another or fails with
 * it. What could not be sent is logged, and returned for the caller to decide: a channel that is down is no error. It takes
 * at most 30 s. A message may arrive twice, where an answer is lost.
 *
 * Throws `InvalidInput` for what is no notification, and the signal's reason when it is aborted.
 */
export async function notify(deps: NotifyDeps, notification: Notification): Promise<NotifyResult> {
  const parsed = Notification.safeParse(notification);
  if (!parsed.success) throw new AppError('InvalidInput', `no notification: ${z.prettifyError(parsed.error)}`);
  deps.signal.throwIfAborted();
  const message = composeMessage(parsed.data);
  const told = await Promise.all(
    deps.channels.map(async (channel) => ({ channel: channel.name, because: await tell(deps, channel, message) })),
  );
  return {
    sent: told.flatMap(({ channel, because }) => (because === undefined ? [channel] : [])),
    failed: told.flatMap(({ channel, because }) => (because === undefined ? [] : [{ channel, because }])),
  };
}

/** Undefined when it is sent, else why it is not. */
async function tell(
  { signal, log, clock = monotonicClock, random = Math.random }: NotifyDeps,
  channel: Channel,
  message: Message,
): Promise<string | undefined> {
  try {
    await withRetries((trying) => channel.send(message, trying), { signal, clock, random });
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    const because = isAppError(error) ? error.message : `a defect of ours: ${nameOf(error)}`;
    log(`a notification was not sent by ${channel.name}: ${because}`, { subject: message.subject });
    return because;
  }
}

/** The message of an error that nobody foresaw may hold the address. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
