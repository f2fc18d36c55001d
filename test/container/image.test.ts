import { containerCli } from '@datasens/testkit/container/container-cli.ts';
import { imageArguments } from '@datasens/testkit/container/image-arguments.ts';
import { expectInvariants } from '@datasens/testkit/invariants.ts';
import { type LambdaWorld, lambdaWorld } from '@datasens/testkit/lambda/lambda-world.ts';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';

/** What a new image is not to exceed, uncompressed. */
const MOST_BYTES = 450_000_000;

const { tools: image } = inject('lambda');
const cli = await containerCli();
let world: LambdaWorld;

beforeAll(async () => {
  world = await lambdaWorld();
  await world.dumps.source.sql('create table t as select n from generate_series(1, 1000) n');
});
afterAll(() => world[Symbol.asyncDispose]());

const sh = async (script: string) =>
  (await cli.run(['run', '--rm', '--network', 'host', '--entrypoint', 'sh', image, '-c', script])).trim();

test('it dumps a real database and restores it, through the API of Lambda’s runtime', {
  timeout: 300_000,
}, async () => {
  const dump = await world.run('dump', { user: 'claire' }, 'dump');
  expect(dump, world.lambda.said.join('\n')).toMatchObject({ status: 'SUCCEEDED', output: { rows: 1_000 } });
  expect(await expectInvariants(world.dumps)).toEqual([dump.output.dumpId]);
  await world.dumps.source.sql('delete from t where n > 10');
  const asked = { user: 'paul', dump: String(dump.output.dumpId), inPlace: true, clean: true, prove: true };
  const restore = await world.run('restore', asked, 'restore');
  expect(restore, world.lambda.said.join('\n')).toMatchObject({
    status: 'SUCCEEDED',
    output: { proven: true, rows: 1_000 },
  });
  expect(await world.dumps.source.sql('select count(*)::int as n from t')).toEqual([{ n: 1_000 }]);
});

test('the same image is the task, which reports by its token', { timeout: 300_000 }, async () => {
  world.faults.push({ functionName: 'stage', error: 'DeadlineExceeded' });
  const ended = await world.run('dump', { user: 'claire' }, 'task');
  expect(ended, world.lambda.said.join('\n')).toMatchObject({ status: 'SUCCEEDED', output: { rows: 1_000 } });
  expect(world.called).toContain('stage as task');
  expect(await Promise.all(world.tasks.map(({ ended: over }) => over))).toEqual(world.tasks.map(() => ({ code: 0 })));
});

test('it has Node and the client tools of the versions that it is built with', async () => {
  const { NODE_VERSION, PG_MAJOR } = await imageArguments();
  const bin = `/usr/lib/postgresql/${PG_MAJOR}/bin`;
  const [node, ...tools] = (
    await sh(`node --version; for tool in pg_dump pg_restore psql; do ${bin}/$tool --version; done`)
  ).split('\n');
  expect(node).toBe(`v${NODE_VERSION}`);
  for (const [index, tool] of ['pg_dump', 'pg_restore', 'psql'].entries()) {
    expect(tools[index]).toMatch(new RegExp(`^${tool} \\(PostgreSQL\\) ${PG_MAJOR}\\.`));
  }
});

test('it runs as Lambda’s user, with nothing in its environment but what it needs', async () => {
  const [{ Config: config, Size: sizeBytes } = { Config: {}, Size: 0 }] = JSON.parse(
    await cli.run(['image', 'inspect', image]),
  ) as [Inspected];
  expect(config).toMatchObject({
    User: '993:990',
    Entrypoint: ['aws-lambda-ric'],
    WorkingDir: '/var/task',
    Volumes: { '/tmp': {} },
  });
  expect(config.Env?.map((variable) => variable.split('=', 1)[0]).toSorted()).toEqual([
    'HOME',
    'LAMBDA_TASK_ROOT',
    'PATH',
  ]);
  expect(sizeBytes, `the image is larger than ${MOST_BYTES} bytes`).toBeLessThan(MOST_BYTES);
});

test('it has the bundles and the migrations, and nothing that builds them, tests them or raises rights', async () => {
  const files = (await sh('find /var/task -type f')).split('\n');
  expect(files).toContain('/var/task/stage.mjs');
  expect(files).toContain('/var/task/container/task.mjs');
  expect(files.filter((file) => !/\/[\w-]+\.mjs$|^\/var\/task\/migrations\/[\w]+\.sql$/.test(file))).toEqual([]);
  expect(await sh('for name in npm npx gcc g++ cmake make python3 git curl; do command -v $name; done; true')).toBe('');
  expect(await sh('find / -xdev -type f -perm /6000 2>/dev/null; true')).toBe('');
  expect(
    await sh('find / -xdev \\( -name "*.test.*" -o -name .env -o -name .npmrc -o -name .git \\) 2>/dev/null; true'),
  ).toBe('');
});

interface Inspected {
  readonly Config: {
    readonly User?: string;
    readonly Entrypoint?: string[];
    readonly WorkingDir?: string;
    readonly Volumes?: object;
    readonly Env?: string[];
  };
  readonly Size: number;
}
