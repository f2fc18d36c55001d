import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AppError } from '../errors.ts';
import type { UnfinishedWrite } from './blob-store.ts';
import { unless } from './disk-errors.ts';
import type { Layout } from './layout.ts';
import { type Liveness, livenessOf } from './process-owner.ts';

const ABANDONED_MS = 7 * 24 * 3_600_000;

/**
 * Removes temp files whose writers are dead. Where that cannot be known (another host on a shared disk, or no
 * /proc), only those untouched for seven days: a live writer touches its file every hour, however slow its input.
 */
export async function sweepTemp(layout: Layout): Promise<void> {
  for (const name of (await unless(readdir(layout.temp), 'ENOENT')) ?? []) {
    const path = join(layout.temp, name);
    const liveness = livenessOfWriter(name);
    if (liveness === 'dead' || (liveness === 'unknown' && (await isAbandoned(path)))) {
      await unless(rm(path, { force: true }), 'EACCES', 'EPERM', 'EISDIR');
    }
  }
}

/** Temp files of writers that are not known to live, untouched since `before`. */
export async function* listTemp(layout: Layout, before: Date): AsyncGenerator<UnfinishedWrite> {
  for (const id of (await unless(readdir(layout.temp), 'ENOENT')) ?? []) {
    const found = await unless(stat(join(layout.temp, id)), 'ENOENT');
    if (found && found.mtime < before && livenessOfWriter(id) !== 'alive') yield { id, begunAt: found.birthtime };
  }
}

export async function removeTemp(layout: Layout, id: string): Promise<void> {
  if (basename(id) !== id) throw new AppError('InvalidInput', `${JSON.stringify(id)} names no unfinished write`);
  await rm(join(layout.temp, id), { force: true });
}

function livenessOfWriter(name: string): Liveness {
  return livenessOf(name.split('.').slice(0, 3).join('.'));
}

async function isAbandoned(path: string): Promise<boolean> {
  const found = await unless(stat(path), 'ENOENT');
  return found !== undefined && Date.now() - found.mtimeMs > ABANDONED_MS;
}
