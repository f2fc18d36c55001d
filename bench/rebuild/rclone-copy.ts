import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rcloneEnvironment } from '../storage/rclone.ts';

/** Seconds that it takes to read a folder of a bucket, `s3://bucket/folder`, as many objects at a time as a rebuilding does. */
export async function rcloneCopy(from: string, endpoint: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'datasens-bench-'));
  try {
    const started = performance.now();
    const remote = from.replace(/^s3:\/\//, 'bench:');
    await promisify(execFile)('rclone', ['copy', '--transfers=16', '--checkers=16', remote, folder], {
      env: { PATH: process.env.PATH, ...rcloneEnvironment(endpoint) },
    });
    return (performance.now() - started) / 1_000;
  } finally {
    await rm(folder, { recursive: true });
  }
}
