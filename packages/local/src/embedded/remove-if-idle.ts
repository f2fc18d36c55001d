import { rm } from 'node:fs/promises';

/**
 * Removes the folder that a killed command was filling. A child of that command may be writing there still: then
 * some of it stays, for the next command to remove.
 */
export async function removeIfIdle(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
}
