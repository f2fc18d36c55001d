import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../temporary-folder.ts';
import { provideBaseImages } from './base-images.ts';
import type { ContainerCli } from './container-cli.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/**
 * A stage of the Dockerfile: what Lambda's own runtime has; that, with PostgreSQL's client tools; the image as it is
 * deployed, with the functions.
 */
export type Stage = 'runtime' | 'tools' | 'image';

/** Builds a stage of functions/container/Dockerfile from this tree, or finds it built, and gives the image's id. */
export async function buildImage(cli: ContainerCli, stage: Stage, log: (message: string) => void): Promise<string> {
  if (cli.isOwn) await provideBaseImages(cli, log);
  await using folder = await temporaryFolder();
  // Not by its name, which is that of the image which somebody else builds at the same time, too.
  const id = join(folder.path, 'id');
  const file = join(ROOT, 'functions/container/Dockerfile');
  log(`building the image of functions, stage ${stage}`);
  await cli.run([
    'build',
    ...(cli.isOwn ? ownArguments() : []),
    '--target',
    stage,
    '--iidfile',
    id,
    '--file',
    file,
    ROOT,
  ]);
  return (await readFile(id, 'utf8')).trim();
}

/** No registry, no network of its own; and the certificates of this machine, where npm needs them to reach its registry. */
function ownArguments(): string[] {
  const { NODE_EXTRA_CA_CERTS: authority } = process.env;
  const inside = '/run/authority.pem';
  return [
    ...['--isolation', 'chroot', '--network', 'host', '--pull=never', '--layers', '--jobs', '2'],
    ...(authority ? ['--volume', `${authority}:${inside}:ro`, '--build-arg', `NODE_EXTRA_CA_CERTS=${inside}`] : []),
  ];
}
