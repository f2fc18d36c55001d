import type { Channel } from '@datasens/core/notify/channel.ts';
import type { Notification } from '@datasens/core/notify/notification.ts';
import { TRY_MS } from '@datasens/core/notify/retry.ts';
import { type NotifyResult, notify } from '@datasens/core/notify/send.ts';
import { expect } from 'vitest';
import { eventually } from './eventually.ts';
import { type ManualClock, manualClock } from './manual-clock.ts';

/** What tests tell, unless it matters. */
export const FAILURE: Notification = {
  kind: 'failure',
  at: '2026-11-27T02:00:07Z',
  workflow: 'dump',
  execution: 'nightly-2026-11-27',
  error: { name: 'NoSpace', message: 'the server has no room left' },
};

export interface Telling {
  readonly clock: ManualClock;
  /** What the operator reads. */
  readonly logged: readonly string[];
  readonly result: Promise<NotifyResult>;
}

/** Begins to tell, on a clock that the test moves; a wait between two tries is half of the longest, or none. */
export function tell(
  channels: readonly Channel[],
  {
    signal = new AbortController().signal,
    jitter = 0,
  }: { readonly signal?: AbortSignal; readonly jitter?: 0 | 0.5 } = {},
): Telling {
  const clock = manualClock(0);
  const logged: string[] = [];
  const log = (message: string, fields = {}) => logged.push(message + JSON.stringify(fields));
  const result = notify({ channels, signal, log, clock, random: () => jitter }, FAILURE);
  // Whoever looks at the clock first awaits it later.
  result.catch(() => undefined);
  return { clock, logged, result };
}

/** How long it waits between two tries, as soon as none is under way; nothing when it is through. */
export async function pauseOf({ clock }: Telling): Promise<number[]> {
  await eventually(() => expect(clock.waits()).not.toContain(TRY_MS));
  return clock.waits();
}
