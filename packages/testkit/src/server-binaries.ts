import { findServer } from '@datasens/local/embedded/find-server.ts';
import type { ServerUser } from '@datasens/local/embedded/server-user.ts';

const MAJORS = [18, 17, 16, 15, 14];

export interface ServerBinaries {
  readonly major: number;
  readonly binDir: string;
}

/** The programs of an installed server, of the major asked for or of the newest there is. */
export async function serverBinaries(asked: number | undefined, user: ServerUser): Promise<ServerBinaries> {
  for (const major of asked === undefined ? MAJORS : [asked]) {
    const binDir = await findServer(major, user);
    if (binDir) return { major, binDir };
  }
  throw new Error(`no PostgreSQL server ${asked ?? ''} is installed`);
}
