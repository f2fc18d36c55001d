import { type GoProgram, goBinary, isBuilt, isGoThere } from './go-binary.ts';

/** Servers that speak S3. MinIO has no tagged version that the module proxy serves. */
const PROGRAMS = {
  minio: { path: 'github.com/minio/minio', version: 'v0.0.0-20260212201848-7aac2a2c5b7c' },
  versitygw: { path: 'github.com/versity/versitygw/cmd/versitygw', version: 'v1.7.0' },
} as const satisfies Record<string, GoProgram>;

export type S3Kind = keyof typeof PROGRAMS;
export const S3_KINDS = Object.keys(PROGRAMS) as S3Kind[];

/** Why the servers cannot be had here; undefined where they can. */
export async function s3Unavailable(): Promise<string | undefined> {
  const missing: S3Kind[] = [];
  for (const kind of S3_KINDS) if (!(await isBuilt(PROGRAMS[kind]))) missing.push(kind);
  if (missing.length === 0 || (await isGoThere())) return undefined;
  return `there is no Go (1.24 or newer) to build ${missing.join(' and ')} with`;
}

/** The server's program, built the first time. */
export function s3Binary(kind: S3Kind, log: (message: string) => void): Promise<string> {
  return goBinary(PROGRAMS[kind], log);
}
