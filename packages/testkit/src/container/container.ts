import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { isRunning } from '@datasens/local/embedded/processes.ts';
import { forwardLines } from '@datasens/local/functions/forward-lines.ts';
import type { ContainerCli } from './container-cli.ts';

export interface ContainerOptions {
  readonly image: string;
  /** Instead of the image's own. */
  readonly entrypoint?: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMb: number;
  /** A folder that stands at /var/task instead of what the image has there. */
  readonly task?: string | undefined;
  readonly log: (line: string) => void;
}

/** How it ended: by the code that a shell has for it. */
export interface ContainerEnding {
  readonly code: number;
}

/** A container that runs as Lambda and Fargate run one. Disposing of it kills and removes it. */
export interface Container extends AsyncDisposable {
  readonly name: string;
  /** Resolves when it has ended by itself, or was killed. */
  readonly ended: Promise<ContainerEnding>;
  /** Has none of its processes go on. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  kill(): Promise<void>;
  /** As the command has it: `running`, `paused`, … */
  state(): Promise<string>;
  /** Runs a program in it, with its user and its limits. What becomes of that is not told: it may take the container along. */
  execute(command: readonly string[]): Promise<void>;
}

const PREFIX = 'datasens-test-';
const MOST_TRIES = 20;
/** Lambda's own user and group (AWS Lambda, execution environment). */
export const LAMBDA_USER = '993:990';

/** Unprivileged, with nothing to write to but /tmp, and no more memory than it is given, swap included. */
export function startContainer(cli: ContainerCli, options: ContainerOptions): Container {
  const { image, entrypoint, command, environment, memoryMb, task, log } = options;
  const name = `${PREFIX}${process.pid}-${randomBytes(6).toString('hex')}`;
  const child = cli.start(
    [
      'run',
      ...['--name', name, '--network', 'host', '--stop-timeout', '0'],
      ...['--read-only', '--tmpfs', '/tmp:rw,size=512m,mode=1777'],
      // Docker has no such thing; podman would have more that can be written to.
      ...(cli.isPodman ? ['--read-only-tmpfs=false', '--passwd=false'] : ['--ulimit', 'nofile=1024:1024']),
      ...['--user', LAMBDA_USER, '--cap-drop', 'all', '--security-opt', 'no-new-privileges', '--pids-limit', '1024'],
      ...['--memory', `${memoryMb}m`, '--memory-swap', `${memoryMb}m`],
      ...Object.keys(environment).flatMap((variable) => ['--env', variable]),
      ...(task === undefined ? [] : ['--volume', `${task}:/var/task:ro`]),
      ...(entrypoint === undefined ? [] : ['--entrypoint', entrypoint]),
      image,
      ...command,
    ],
    environment,
  );
  for (const stream of [child.stdout, child.stderr]) if (stream) forwardLines(stream, log);

  const wait = async (): Promise<ContainerEnding> => {
    const [code] = (await once(child, 'exit')) as [number | null];
    return { code: code ?? 137 };
  };
  const ended = wait();
  ended.catch(() => undefined);
  return {
    name,
    ended,
    async freeze() {
      // The kernel's first freezer gives up where a process is busy inside of it, and lets all of them go on.
      for (let tries = 1; ; tries += 1) {
        try {
          await cli.run(['pause', name]);
          return;
        } catch (error) {
          if (tries === MOST_TRIES) throw error;
        }
      }
    },
    thaw: async () => void (await cli.run(['unpause', name])),
    kill: async () => void (await cli.run(['kill', '--signal', 'KILL', name])),
    state: async () => (await cli.run(['inspect', '--format', '{{.State.Status}}', name])).trim(),
    execute: async (program) => void (await cli.run(['exec', name, ...program]).catch(() => undefined)),
    async [Symbol.asyncDispose]() {
      await cli.run(['rm', '--force', name]).catch(() => undefined);
      await ended.catch(() => undefined);
    },
  };
}

/** Images of a build that nothing is built on are kept for so long; afterwards it takes what Debian has by then. */
const KEPT_HOURS = 336;

/** Removes what runs of tests have left that were killed, and the images of builds of long ago. */
export async function removeAbandoned(cli: ContainerCli): Promise<void> {
  const names = (await cli.run(['ps', '--all', '--format', '{{.Names}}'])).split('\n');
  for (const name of names) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (owner !== undefined && !(await isRunning(Number(owner)))) await cli.run(['rm', '--force', name]);
  }
  if (cli.isOwn) await cli.run(['image', 'prune', '--force', '--filter', `until=${KEPT_HOURS}h`]);
}
