import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { inBareDebian } from './bare-debian.ts';

const canBuildMachine = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

// A home in /srv, where every user may enter; the server is stopped, for its machine to end.
const START = `node_modules/.bin/node --input-type=module -e "
  const { embeddedPostgres } = await import('./packages/local/src/embedded/embedded-postgres.ts');
  const signal = new AbortController().signal;
  const options = { home: process.env.HOME_OF_TEST, majors: [17], signal, log() {} };
  const server = await embeddedPostgres(options).catch((error) => console.log(error.name, error.message));
  if (server) console.log('PostgreSQL', server.major);
  await server?.stop();
"`;

describe.runIf(canBuildMachine)('on a machine without a PostgreSQL server', { timeout: 600_000 }, () => {
  test('root gets one that runs under a user made for it', async () => {
    const stdout = await inBareDebian(
      'root',
      `sed -i /^postgres:/d /etc/passwd
      export HOME_OF_TEST=/srv/home
      ${START}
      stat -c %U /srv/home/postgres
      ls /var/cache/datasens/postgresql-server`,
    );
    expect(stdout).toMatch(/^PostgreSQL 17\ndatasens\n17\..*\n$/);
  });

  test('an ordinary user gets one in the cache', async () => {
    const stdout = await inBareDebian(
      'visitor',
      `export HOME_OF_TEST=/visitor/home
      ${START}
      ls ~/.cache/datasens/postgresql-server`,
    );
    expect(stdout).toMatch(/^PostgreSQL 17\n17\..*\n$/);
  });

  test('a user id without a name is told why it gets none', async () => {
    const stdout = await inBareDebian(
      'root',
      `mkdir -m 777 /srv/open
      export HOME_OF_TEST=/srv/open/home
      setpriv --reuid 54321 --clear-groups ${START.replace('node_modules', './node_modules')}`,
    );
    expect(stdout).toMatch(/^ConfigError .*\/etc\/passwd/);
  });
});
