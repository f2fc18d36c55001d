import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Layout } from './layout.ts';
import { ownerName } from './process-owner.ts';

const HOUR_MS = 3_600_000;

/** A file that nobody sees until it is given a name outside the temp folder. Disposing removes it from there. */
export interface TempFile extends AsyncDisposable {
  readonly path: string;
  readonly handle: FileHandle;
  /** Ends the hourly renewal of the file's time, before the caller sets one that must stay. */
  stopTouching(): Promise<void>;
}

/** A new name in the temp folder, which tells who made it: see sweep-temp.ts. */
export function tempPath(layout: Layout): string {
  return join(layout.temp, `${ownerName()}.${randomUUID()}`);
}

/** Opens a temp file for reading and writing: an empty one, for this user alone, or with `existing` that one. */
export async function openTemp(layout: Layout, existing?: string): Promise<TempFile> {
  const path = existing ?? tempPath(layout);
  const handle = await open(path, existing === undefined ? 'wx+' : 'r+', 0o600);
  let touched: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    touched = handle.utimes(new Date(), new Date()).catch(() => undefined);
  }, HOUR_MS).unref();
  const stopTouching = async () => {
    clearInterval(timer);
    await touched;
  };
  return {
    path,
    handle,
    stopTouching,
    async [Symbol.asyncDispose]() {
      await stopTouching();
      await handle.close();
      await rm(path, { force: true });
    },
  };
}
