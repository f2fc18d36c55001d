import type { Moment } from '@datasens/testkit/packet-proxy.ts';
import { expect, inject, test } from 'vitest';
import { LAST_COMMAND, MODES, proxiedWorld, spread } from './proxied-world.ts';
import { expectNextRestore, restoreInChild } from './restore-in-child.ts';

const MOMENTS: readonly Moment[] = ['before', 'sent', 'answered'];
/** How many of the steps, besides the last ones: whether the archive comes from elsewhere, the target does not see. */
const POINTS = inject('storeKind') === 'file' ? 10 : 6;

test.for(MODES)(
  'killed at any step, the target is as before or restored, and the next restore succeeds: %s',
  { timeout: 300_000 },
  async (mode) => {
    await using world = await proxiedWorld({ mode });
    expect(await restoreInChild(world)).toBe(0);
    const { chunks } = world.proxy;
    const outcomes = { 'as before': 0, restored: 0 };
    const abandoned: string[] = [];
    let killed = 0;
    for (const [index, at] of [...spread(chunks, POINTS), LAST_COMMAND[mode]].entries()) {
      await world.reset();
      const moment = (typeof at === 'number' && MOMENTS[index % MOMENTS.length]) || 'answered';
      const end = await restoreInChild(world, { at, moment });
      expect(['SIGKILL', 0]).toContain(end);
      if (end === 'SIGKILL') killed += 1;
      const outcome = await world.outcome();
      if (end === 0) expect(outcome).toBe('restored');
      outcomes[outcome] += 1;
      abandoned.push(...(await world.abandoned()));
    }
    expect(killed).toBeGreaterThan(POINTS / 2);
    // What a tool was given before the kill it may still do: how many there are of each is not in our hands.
    expect(outcomes['as before']).toBeGreaterThan(0);
    expect(outcomes.restored).toBeGreaterThan(0);
    expect(abandoned.length > 0).toBe(mode === 'create');
    await expectNextRestore(world);
  },
);
