import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { runRestore } from '@datasens/core/restore/run-restore.ts';
import type { Trap } from '@datasens/testkit/packet-proxy.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { expect } from 'vitest';
import type { ProxiedWorld } from './proxied-world.ts';
import type { RestoreChildInput } from './restore.child.ts';

const program = fileURLToPath(new URL('./restore.child.ts', import.meta.url));

/** Restores in a child process, which is killed where the trap says; tells how it ended. */
export async function restoreInChild(
  { dump, proxy, targetUrl, request }: ProxiedWorld,
  trap?: Omit<Trap, 'action'>,
  step?: RestoreChildInput['step'],
): Promise<NodeJS.Signals | number | null> {
  // What the killed leave in the folder for temporary files goes with the test.
  await using folder = await temporaryFolder();
  const input: RestoreChildInput = {
    targetUrl: targetUrl.proxied,
    auditUrl: dump.audit.server.url,
    request,
    step,
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

/** The target as it was before, restored by this process. */
export async function expectNextRestore(world: ProxiedWorld): Promise<void> {
  await world.reset();
  world.proxy.set();
  await runRestore(world.deps, world.request);
  expect(await world.outcome()).toBe('restored');
  await world.expectJournal();
}
