import { expect, test } from 'vitest';
import { MODES, proxiedWorld } from './proxied-world.ts';
import { expectNextRestore, restoreInChild } from './restore-in-child.ts';

/** A chunk in the middle of the rows: fewer come before them, more with them. */
const MIDDLE = 120;

test.for(MODES)(
  'killed in the middle of many rows, its tools do not go on, and nothing is changed: %s',
  async (mode) => {
    await using world = await proxiedWorld({ mode, rows: 200_000 });
    const { proxy } = world;
    expect(await restoreInChild(world)).toBe(0);
    const { chunks, bytes } = proxy;
    await world.reset();
    expect(await restoreInChild(world, { at: MIDDLE, moment: 'sent' })).toBe('SIGKILL');
    expect(await world.outcome()).toBe('as before');
    // Nothing but what was in the pipes at that moment.
    expect(chunks).toBeGreaterThan(2 * MIDDLE);
    expect(proxy.bytes).toBeLessThan(bytes / 4);
    expect(await world.abandoned()).toHaveLength(mode === 'create' ? 1 : 0);
    await expectNextRestore(world);
  },
);
