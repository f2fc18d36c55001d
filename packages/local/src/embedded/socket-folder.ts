import { createHash, randomBytes } from 'node:crypto';
import { lstat, mkdir, readlink, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@datasens/core/errors.ts';
import { errorCode, isMissing } from './error-code.ts';

// The size of sockaddr_un.sun_path, less its final NUL.
const MAX_PATH_BYTES = process.platform === 'darwin' ? 103 : 107;
const SOCKET_NAME = '/.s.PGSQL.65535';

/**
 * A path of `folder` by which clients reach a socket in it: itself or, where a socket's path would be too long
 * for the system, a link to it in a folder that this user alone may enter.
 */
export async function socketFolder(folder: string, runtimeFolder = defaultRuntimeFolder()): Promise<string> {
  if (Buffer.byteLength(folder + SOCKET_NAME) <= MAX_PATH_BYTES) return folder;
  await ensurePrivateFolder(runtimeFolder);
  const link = join(runtimeFolder, createHash('sha256').update(folder).digest('hex').slice(0, 16));
  if ((await linkTarget(link)) !== folder) {
    // Renamed into place: another command may be reading the link at this moment.
    const fresh = `${link}.${randomBytes(4).toString('hex')}`;
    await symlink(folder, fresh);
    await rename(fresh, link);
  }
  return link;
}

/** In /tmp, not in TMPDIR, which may be long itself. */
function defaultRuntimeFolder(): string {
  return process.env.XDG_RUNTIME_DIR ? join(process.env.XDG_RUNTIME_DIR, 'datasens') : `/tmp/datasens-${ownUid()}`;
}

/** Anybody may create any name in /tmp: what is there must be our own. */
async function ensurePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
    if (errorCode(error) !== 'EEXIST') throw error;
  });
  const found = await lstat(folder);
  if (found.isDirectory() && found.uid === ownUid() && (found.mode & 0o077) === 0) return;
  throw new AppError(
    'ConfigError',
    `${folder} must be a folder of yours that nobody else may enter: remove it, or set DATASENS_HOME to a shorter path`,
  );
}

async function linkTarget(link: string): Promise<string | undefined> {
  try {
    return await readlink(link);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function ownUid(): number | undefined {
  return process.getuid?.();
}
