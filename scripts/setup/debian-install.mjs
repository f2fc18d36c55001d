import { run } from './run.mjs';

/** Debian, Ubuntu, as root: the distribution's own package. */
export async function installAsRoot() {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update'], { env });
  await run('apt-get', ['install', '-y', '--no-install-recommends', 'postgresql-client'], { env });
}
