import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../packages/cli/package.json' with { type: 'json' };
import { type Newcomer, newcomer } from './newcomer.ts';

const VERSION_COMMAND = ['npx', '--no-install', 'datasens', '--version'];
const isRoot = process.getuid?.() === 0;

describe.runIf(isRoot)('root, in a fresh clone with an empty home', () => {
  const me = newcomerOf({ ordinary: false });

  test('a database is dumped with nothing configured', async () => {
    await succeed(me(), ['npm', 'run', 'setup']);
    const { stdout } = await succeed(me(), ['npx', '--no-install', 'datasens', 'dump', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ dumpId: 1, tables: expect.any(Array) });
  });
});

describe('an ordinary user, in a fresh clone with an empty home', () => {
  const me = newcomerOf({ ordinary: true });

  test('npm run demo sets itself up, and tells the whole story', async () => {
    const { stdout } = await succeed(me(), ['npm', 'run', 'demo']);
    expect(stdout).toContain('Avant la mise à jour d’octobre');
    expect(stdout).toContain('public.t04_document');
    expect(stdout).toContain('"name": "CorruptDump"');
    expect(stdout).toContain('already imported as import');
    expect(stdout).toContain('(exit status 3)');
    expect(stdout).toContain('is encrypted: set DATASENS_IDENTITY');
    expect(stdout).toContain('"phase": "certified"');
    expect(stdout).toContain('the journal is intact');
  });

  test('npm start imports a file that is dropped, as the README says', async () => {
    const host = `
      set -em
      npm start -- --port 0 --urls-port 0 >host.log 2>&1 &
      until grep -q '^the host runs' host.log; do kill -0 $! || { cat host.log; exit 1; }; sleep 0.2; done
      mkdir -p .datasens/bucket/inbox/public.barometre
      printf 'id,titre\\n1,été\\n' >.datasens/bucket/inbox/public.barometre/barometre.csv
      while [ -e .datasens/bucket/inbox/public.barometre/barometre.csv ]; do sleep 0.2; done
      TOKEN=$(npx --no-install datasens token create newcomer)
      url=$(sed -n 's/.* by HTTP are at \\(http:[^,]*\\).*/\\1/p' host.log)
      curl -sS -H "Authorization: Bearer $TOKEN" "$url/audit/dumps?type=IMPORT"
      # Ctrl-C reaches npm and the host alike.
      kill -INT -- -$!
      wait $! || true
      while [ -e .datasens/host.json ]; do sleep 0.2; done
      npx --no-install datasens embedded stop`;
    expect((await succeed(me(), ['bash', '-c', host])).stdout).toMatch(/"dumpId":1,"type":"IMPORT",.*barometre\.csv/);
  });

  test('npx finds the command in the clone', async () => {
    expect(await me().run(VERSION_COMMAND)).toMatchObject({ status: 0, stdout: `${manifest.version}\n` });
  });

  test('the command is packed in the clone, and works where only the package is installed', async () => {
    const { clone, elsewhere } = me();
    await succeed(me(), ['npm', 'pack', '--workspace=datasens', `--pack-destination=${elsewhere}`]);
    const [tarball] = await readdir(elsewhere);
    const project = { cwd: elsewhere };
    await succeed(me(), ['npm', 'install', `./${tarball}`], project);
    expect(await me().run(VERSION_COMMAND, project)).toMatchObject(await onThisNode(me()));

    const modern = { ...project, nodeFolder: join(clone, 'node_modules/node/bin') };
    expect(await me().run(VERSION_COMMAND, modern)).toMatchObject({ status: 0, stdout: `${manifest.version}\n` });
    const doctor = await me().run(['npx', '--no-install', 'datasens', 'doctor'], modern);
    expect(doctor.stdout.replaceAll(/^(ok|FAIL) .*/gm, '$1').split('\n')).toEqual([
      'ok',
      'ok',
      'ok',
      'ok',
      'ok',
      'ok',
      'ok',
      'ok',
      '',
    ]);
  });
});

function newcomerOf(options: { ordinary: boolean }): () => Newcomer {
  let found: Newcomer | undefined;
  beforeAll(async () => {
    found = await newcomer(options);
  });
  afterAll(async () => {
    await found?.[Symbol.asyncDispose]();
  });
  return () => {
    if (!found) throw new Error('the clone could not be made');
    return found;
  };
}

async function succeed(me: Newcomer, command: string[], options: { cwd?: string } = {}) {
  const outcome = await me.run(command, options);
  if (outcome.status !== 0)
    throw new Error(`${command.join(' ')}: ${outcome.status}\n${outcome.stdout}\n${outcome.stderr}`);
  return outcome;
}

/** What `datasens --version` does on the machine's own Node, which may be older than the one the command needs. */
async function onThisNode(me: Newcomer) {
  const { stdout } = await succeed(me, ['node', '--print', 'process.versions.node']);
  const [major = 0, minor = 0] = stdout.split('.').map(Number);
  if (major > 24 || (major === 24 && minor >= 12)) return { status: 0, stdout: `${manifest.version}\n` };
  return {
    status: 2,
    stdout: '',
    stderr: expect.stringContaining(`needs Node.js 24.12 or newer; this is ${stdout.trim()}`),
  };
}
