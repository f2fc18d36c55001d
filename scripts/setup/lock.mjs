import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 200;
const TOUCH_MS = 5_000;
const ABANDONED_MS = 60_000;

/** Runs `work` while no other set-up holds the lock. One whose holder is dead, or hangs, is taken over. */
export async function withLock(path, work) {
  while (!(await tryLock(path))) {
    if (await isAbandoned(path)) await breakLock(path);
    else await delay(POLL_MS);
  }
  const touch = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), TOUCH_MS);
  try {
    return await work();
  } finally {
    clearInterval(touch);
    await rm(path, { force: true });
  }
}

async function tryLock(path) {
  try {
    await writeFile(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

async function isAbandoned(path) {
  try {
    const [holder, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    if (Date.now() - mtimeMs > ABANDONED_MS) return true;
    // Empty in the moment between its creation and the writing of the number.
    return holder !== '' && !isAlive(Number(holder));
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}

/** By renaming: of several that find the lock abandoned, one alone breaks it. */
async function breakLock(path) {
  const broken = `${path}.${process.pid}`;
  await rename(path, broken).catch((error) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rm(broken, { force: true });
}

/** Whether a process of this number runs, ours or not. */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
