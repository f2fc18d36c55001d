import type { FileHandle } from 'node:fs/promises';

/** Appends all of `bytes`: a single write call may take fewer, near a limit or when interrupted. */
export async function writeBytes(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += (await handle.write(bytes, written)).bytesWritten;
  }
}
