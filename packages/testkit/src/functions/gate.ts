import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface GateEvent {
  /** Has a file for each call that has begun, and, when they may go on, one named `open`. */
  readonly folder: string;
  readonly call: string;
  /** Starts a process, too, that ends with the folder. */
  readonly withChild?: boolean;
  /** Leaves the event loop no turn meanwhile. */
  readonly blocking?: boolean;
}

const ENDLESS = "setInterval(() => require('fs').existsSync(process.argv[1]) || process.exit(), 100)";

/** Tells which processes it runs in, and waits to be let through. */
export async function handler({ folder, call, withChild, blocking }: GateEvent) {
  const pids = [process.pid];
  if (withChild) {
    const child = spawn(process.execPath, ['-e', ENDLESS, folder], { stdio: 'inherit' });
    pids.push(child.pid ?? 0);
  }
  await writeFile(join(folder, `${call}.part`), JSON.stringify(pids));
  await rename(join(folder, `${call}.part`), join(folder, call));
  const open = join(folder, 'open');
  // A test that is over has taken its folder along.
  while (!existsSync(open) && existsSync(folder)) if (!blocking) await delay(5);
  return { pid: process.pid, call };
}
