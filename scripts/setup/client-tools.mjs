import { existsSync } from 'node:fs';
import { installAsRoot } from './debian-install.mjs';
import { unpackIntoCache } from './debian-unpack.mjs';
import { PROJECT_NODE, ROOT } from './root-folder.mjs';
import { outputOf } from './run.mjs';
import { SetupError } from './setup-error.mjs';

// The search is the product's own, which its Node alone can run.
const SEARCH = `
  const { listClientTools } = await import(${JSON.stringify(`${ROOT}packages/core/src/postgres/client-tools.ts`)});
  const tools = await listClientTools({ binDir: process.env.PG_BIN_DIR });
  process.stdout.write(String(tools.length));
`;

/** Provides pg_dump, pg_restore, psql and pg_dumpall, where no version of them is found. */
export async function provideClientTools() {
  if (await areFound()) return;
  if (process.env.PG_BIN_DIR) {
    throw new SetupError(`PG_BIN_DIR=${process.env.PG_BIN_DIR} does not hold pg_dump, pg_restore, psql and pg_dumpall`);
  }
  if (!existsSync('/usr/bin/apt-get')) throw new SetupError(`PostgreSQL's client tools are missing. ${remedy()}`);
  if (process.getuid() === 0) await installAsRoot();
  else await unpackIntoCache();
  if (!(await areFound()))
    throw new SetupError(`PostgreSQL's client tools were installed, but do not run. ${remedy()}`);
}

/** Where they are installed first, and then on PATH, where Debian's wrappers take their time. */
async function areFound() {
  const count = async (env) => Number(await outputOf(PROJECT_NODE, ['--input-type=module', '-e', SEARCH], { env }));
  return (await count({ ...process.env, PATH: '' })) > 0 || (await count(process.env)) > 0;
}

function remedy() {
  const installers = [
    ['/usr/bin/apt-get', 'sudo apt-get install postgresql-client'],
    ['/usr/bin/dnf', 'sudo dnf install postgresql'],
    ['/sbin/apk', 'apk add postgresql-client'],
    ['/usr/bin/pacman', 'sudo pacman -S postgresql'],
    ['/usr/bin/zypper', 'sudo zypper install postgresql'],
    ['/opt/homebrew/bin/brew', 'brew install postgresql@17'],
    ['/usr/local/bin/brew', 'brew install postgresql@17'],
  ];
  const [, command] = installers.find(([program]) => existsSync(program)) ?? [];
  return command ? `Run: ${command}` : 'Install them from https://www.postgresql.org/download, or set PG_BIN_DIR';
}
