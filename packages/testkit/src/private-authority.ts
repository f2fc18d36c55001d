import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** An authority that no machine trusts by itself, made by the `openssl` command. */
export interface PrivateAuthority {
  /** Its certificate, a PEM file. */
  readonly file: string;
  /**
   * A folder with `public.crt` and `private.key` of a server at 127.0.0.1, named as MinIO wants them, good for so many
   * days from now: of a negative number, for no day at all.
   */
  issue(days: number): Promise<string>;
}

/** Why there can be none here; undefined where there can. */
export async function authorityUnavailable(): Promise<string | undefined> {
  return await run('openssl', ['version']).then(
    () => undefined,
    () => 'there is no openssl',
  );
}

export async function privateAuthority(folder: string): Promise<PrivateAuthority> {
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout'];
  await openssl('req', '-x509', ...newKey, 'ca.key', '-out', 'ca.crt', '-subj', '/CN=private authority', '-days', '1');
  let issued = 0;
  return {
    file: join(folder, 'ca.crt'),
    async issue(days) {
      issued += 1;
      const name = `issued-${issued}`;
      await mkdir(join(folder, name));
      const request = `${name}/request`;
      const host = ['-subj', '/CN=server', '-addext', 'subjectAltName=IP:127.0.0.1'];
      await openssl('req', '-new', ...newKey, `${name}/private.key`, '-out', request, ...host);
      const authority = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-copy_extensions', 'copy'];
      await openssl('x509', '-req', '-in', request, ...authority, '-days', String(days), '-out', `${name}/public.crt`);
      return join(folder, name);
    },
  };
}
