import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { runRestore } from '@datasens/core/restore/run-restore.ts';
import type { Moment, Trap } from '@datasens/testkit/packet-proxy.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { expect, test } from 'vitest';
import { LAST_COMMAND, MODES, type ProxiedWorld, proxiedWorld, spread } from './proxied-world.ts';
import type { RestoreChildInput } from './restore.child.ts';

const MOMENTS: readonly Moment[] = ['before', 'sent', 'answered'];
/** A chunk in the middle of the rows: fewer come before them, more with them. */
const MIDDLE = 120;
const program = fileURLToPath(new URL('./restore.child.ts', import.meta.url));

/** Restores in a child process, which is killed where the trap says; tells how it ended. */
async function restoreInChild(
  { dump, proxy, targetUrl, request }: ProxiedWorld,
  trap?: Omit<Trap, 'action'>,
): Promise<NodeJS.Signals | number | null> {
  // What the killed leave in the folder for temporary files goes with the test.
  await using folder = await temporaryFolder();
  const input: RestoreChildInput = {
    targetUrl: targetUrl.proxied,
    auditUrl: dump.audit.server.url,
    request,
  };
  const child = spawn(process.execPath, [program, JSON.stringify(input)], {
    stdio: 'inherit',
    env: { ...process.env, ...dump.audit.storage.env, TMPDIR: folder.path },
  });
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  proxy.set(trap && { ...trap, action: kill });
  const [code, killedBy] = await exited;
  return killedBy ?? code;
}

async function expectNextRestore(world: ProxiedWorld): Promise<void> {
  await world.reset();
  world.proxy.set();
  await runRestore(world.deps, world.request);
  expect(await world.outcome()).toBe('restored');
  await world.expectJournal();
}

test.for(MODES)(
  'killed at any step, the target is as before or restored, and the next restore succeeds: %s',
  { timeout: 300_000 },
  async (mode) => {
    await using world = await proxiedWorld({ mode });
    expect(await restoreInChild(world)).toBe(0);
    const { chunks } = world.proxy;
    const outcomes = { 'as before': 0, restored: 0 };
    const abandoned: string[] = [];
    for (const [index, at] of [...spread(chunks, 18), LAST_COMMAND[mode]].entries()) {
      await world.reset();
      const moment = (typeof at === 'number' && MOMENTS[index % MOMENTS.length]) || 'answered';
      const end = await restoreInChild(world, { at, moment });
      expect(['SIGKILL', 0]).toContain(end);
      const outcome = await world.outcome();
      if (end === 0) expect(outcome).toBe('restored');
      outcomes[outcome] += 1;
      abandoned.push(...(await world.abandoned()));
    }
    expect(outcomes['as before']).toBeGreaterThan(8);
    expect(outcomes.restored).toBeGreaterThan(0);
    expect(abandoned.length > 0).toBe(mode === 'create');
    await expectNextRestore(world);
  },
);

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
