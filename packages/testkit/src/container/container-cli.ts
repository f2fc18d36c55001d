import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';

/** The command that builds and runs containers. */
export interface ContainerCli {
  /**
   * Whether it has no registry, and its base images are made here: Debian's podman, with a storage of its own. A command
   * that `CONTAINER_CLI` names (docker, or a podman that is set up) has its own ways.
   */
  readonly isOwn: boolean;
  readonly isPodman: boolean;
  /** Starts it; `environment` is for what `--env NAME` hands on without showing it. */
  start(args: readonly string[], environment?: Readonly<Record<string, string>>): ChildProcess;
  /** Runs it to its end, and gives what it prints. Throws with what it said of a failure. */
  run(args: readonly string[]): Promise<string>;
}

/** That of this machine, its settings written where it needs any. */
export async function containerCli(): Promise<ContainerCli> {
  const { CONTAINER_CLI: named } = process.env;
  const command = named || 'podman';
  if (!named && process.getuid?.() !== 0) throw new Error(`podman makes its images as root alone: ${REMEDY}`);
  const settings = named ? {} : await ownSettings();
  const start: ContainerCli['start'] = (args, environment = {}) =>
    spawn(command, args, {
      env: { ...process.env, ...settings, ...environment },
      // Podman's monitor leaves a file where it stands, of each container that took too much memory.
      cwd: named ? undefined : containersFolder(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  return {
    isOwn: !named,
    isPodman: basename(command) === 'podman',
    start,
    async run(args) {
      const child = start(args);
      const { promise: code, resolve, reject } = Promise.withResolvers<number | null>();
      child.on('error', (cause) => reject(new Error(unstartable(command), { cause })));
      child.on('close', resolve);
      const [said, complaint] = await Promise.all([read(child.stdout), read(child.stderr), code]);
      if (child.exitCode === 0) return said;
      const last = complaint.trimEnd().split('\n').slice(-20).join('\n');
      throw new Error(`${command} ${args[0]} failed (${child.exitCode ?? child.signalCode}): ${last}`);
    },
  };
}

const REMEDY =
  "name a command that is set up by CONTAINER_CLI=docker, or install Debian's podman, runc and debootstrap (.ci/provide-containers) and be root";

function unstartable(command: string): string {
  return `functions run in containers, and ${command} cannot be started: ${REMEDY}`;
}

async function read(stream: NodeJS.ReadableStream | null): Promise<string> {
  return stream ? await text(stream) : '';
}

/** Where images are kept from one run to the next. */
export function containersFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'datasens', 'containers');
}

/**
 * Images apart from whatever else podman has on this machine, and what runs in a container of CI's own as well: runc,
 * for crun does not, and no limits above those that are given.
 */
async function ownSettings(): Promise<Record<string, string>> {
  const folder = containersFolder();
  await mkdir(folder, { recursive: true });
  const storage = join(folder, 'storage.conf');
  const containers = join(folder, 'containers.conf');
  // Of these images alone: what it has of others would be taken for theirs.
  const running = `/run/datasens-containers-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`;
  await replaceFile(
    storage,
    `[storage]\ndriver = "overlay"\ngraphroot = "${folder}/graph"\nrunroot = "${running}/storage"\n`,
  );
  await replaceFile(
    containers,
    `[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\ntmp_dir = "${running}/engine"\n` +
      '[containers]\nnetns = "host"\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n',
  );
  return { CONTAINERS_STORAGE_CONF: storage, CONTAINERS_CONF: containers };
}

/** Writes a file that another run may read at any moment. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const written = `${path}.${process.pid}`;
  await writeFile(written, text);
  await rename(written, path);
}
