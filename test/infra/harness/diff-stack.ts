import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { awsStub } from './aws-stub.ts';
import type { Resource } from './graph.ts';
import { REGION } from './mocks.ts';
import { linkPlatform, providePlatform, SST_ENVIRONMENT, sstCommand } from './provide-platform.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../', import.meta.url));
const fake = fileURLToPath(new URL('./fake-pulumi.ts', import.meta.url));
/** What a stack is made of; SST writes into the folder that it runs in, so that this one is a copy. */
const PARTS = ['infra', 'functions', 'packages', 'workflows', 'node_modules', 'package.json', 'tsconfig.json'];

export interface DiffedStack extends AsyncDisposable {
  readonly resources: readonly Resource[];
  /** Where SST has left what it bundled: `<function>-src/`. */
  readonly artifacts: string;
}

/**
 * What `sst diff` says of a stage with these files of settings: the real SST, without an account. Its Pulumi is a stand-in
 * that registers everything and creates nothing. Bundles are what takes long: without them functions have no code. Throws
 * with what SST has said.
 */
export async function diffStack(
  stage: string,
  settings: Readonly<Record<string, unknown>>,
  { bundles }: { readonly bundles: boolean },
): Promise<DiffedStack> {
  const folder = await mkdtemp(join(tmpdir(), 'datasens-infra-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await using aws = await awsStub();
    await linkPlatform(folder, await providePlatform(root));
    for (const part of PARTS) await symlink(join(root, part), join(folder, part));
    await cp(join(root, 'sst.config.ts'), join(folder, 'sst.config.ts'));
    // What is put beside the code of a function is not looked for behind a link.
    await cp(join(root, 'migrations'), join(folder, 'migrations'), { recursive: true });
    await mkdir(join(folder, 'stages', stage), { recursive: true });
    for (const [name, value] of Object.entries(settings)) {
      await writeFile(join(folder, 'stages', stage, `${name}.json`), JSON.stringify(value));
    }
    const graph = join(folder, 'graph.json');
    const config = join(folder, 'config');
    const pulumi = await standIn(config, graph);
    await run(sstCommand(root), ['diff', '--stage', stage, '--print-logs'], {
      cwd: folder,
      maxBuffer: 64_000_000,
      env: {
        // What the caller has of AWS is not for a stand-in.
        PATH: process.env.PATH,
        HOME: folder,
        // Pulumi's providers are many modules.
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        ...(bundles ? {} : { DATASENS_NO_BUNDLES: '1' }),
        ...SST_ENVIRONMENT,
        XDG_CONFIG_HOME: config,
        SST_PULUMI_PATH: pulumi,
        AWS_ENDPOINT_URL: aws.origin,
        AWS_REGION: REGION,
        AWS_ACCESS_KEY_ID: 'none',
        AWS_SECRET_ACCESS_KEY: 'none',
      },
    }).catch(async (error: Error & { stdout?: string; stderr?: string }) => {
      const said = await readFile(`${graph}.log`, 'utf8').catch(() => '');
      throw new Error(`sst diff failed\n${said}\n${error.message}\n${error.stdout}\n${error.stderr}`);
    });
    const resources = JSON.parse(await readFile(graph, 'utf8')) as Resource[];
    return { resources, artifacts: join(folder, '.sst/artifacts'), [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function standIn(config: string, graph: string): Promise<string> {
  const folder = join(config, 'sst/bin');
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'pulumi');
  await writeFile(
    path,
    `#!/bin/sh\nDATASENS_GRAPH='${graph}' NODE_OPTIONS= exec '${process.execPath}' '${fake}' "$@" 2>>'${graph}.log'\n`,
  );
  await chmod(path, 0o755);
  return path;
}
