import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unless } from './disk-errors.ts';
import type { Layout } from './layout.ts';
import { livenessOf } from './process-owner.ts';

const ABANDONED_MS = 7 * 24 * 3_600_000;

/**
 * Removes temp files whose writers are dead. Where that cannot be known (another host on a shared disk, or no
 * /proc), only those untouched for seven days: a live writer touches its file every hour, however slow its input.
 */
export async function sweepTemp(layout: Layout): Promise<void> {
  for (const name of (await unless(readdir(layout.temp), 'ENOENT')) ?? []) {
    const path = join(layout.temp, name);
    const liveness = livenessOf(name.split('.').slice(0, 3).join('.'));
    if (liveness === 'dead' || (liveness === 'unknown' && (await isAbandoned(path)))) {
      await unless(rm(path, { force: true }), 'EACCES', 'EPERM', 'EISDIR');
    }
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  const found = await unless(stat(path), 'ENOENT');
  return found !== undefined && Date.now() - found.mtimeMs > ABANDONED_MS;
}
