import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../temporary-folder.ts';
import { provideBaseImages } from './base-images.ts';
import { type ContainerCli, containersFolder, replaceFile } from './container-cli.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const DOCKERFILE = join(ROOT, 'functions/container/Dockerfile');

/**
 * A stage of the Dockerfile: what Lambda's own runtime has; that, with PostgreSQL's client tools; the image as it is
 * deployed, with the functions.
 */
export type Stage = 'runtime' | 'tools' | 'image';

/** Builds a stage of functions/container/Dockerfile from this tree, or finds it built, and gives the image's id. */
export async function buildImage(cli: ContainerCli, stage: Stage, log: (message: string) => void): Promise<string> {
  const known = await knownImage(cli, stage);
  if (known?.id !== undefined) return known.id;
  if (cli.isOwn) await provideBaseImages(cli, log);
  await using folder = await temporaryFolder();
  // Not by its name, which is that of the image which somebody else builds at the same time, too.
  const file = join(folder.path, 'id');
  log(`building the image of functions, stage ${stage}`);
  const options = ['--target', stage, '--iidfile', file, '--file', DOCKERFILE];
  await cli.run(['build', ...(cli.isOwn ? ownArguments() : []), ...options, ROOT]);
  const id = (await readFile(file, 'utf8')).trim();
  if (known) await known.remember(id);
  return id;
}

/** What was built of a stage that has nothing of this tree in it but the Dockerfile: to ask the builder would take seconds. */
async function knownImage(cli: ContainerCli, stage: Stage) {
  if (stage === 'image') return undefined;
  const made = createHash('sha256')
    .update(await readFile(DOCKERFILE))
    .digest('hex');
  const folder = join(containersFolder(), 'stages');
  const file = join(
    folder,
    `${process.env.CONTAINER_CLI ? basename(process.env.CONTAINER_CLI) : 'own'}-${stage}-${made}`,
  );
  const id = await readFile(file, 'utf8').catch(() => undefined);
  const isThere =
    id !== undefined && (await cli.run(['image', 'inspect', '--format', '{{.Id}}', id]).catch(() => undefined));
  return {
    id: isThere ? id : undefined,
    async remember(built: string) {
      await mkdir(folder, { recursive: true });
      await replaceFile(file, built);
    },
  };
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
