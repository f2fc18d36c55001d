import { execFile } from 'node:child_process';
import { cp, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { listClientTools } from '@datasens/core/postgres/client-tools.ts';
import { machineArn } from '@datasens/local/step-functions/arns.ts';
import { hostWorld } from '@datasens/testkit/host-world.ts';
import { setEnvironment } from '@datasens/testkit/set-environment.ts';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const EXAMPLE = resolve(import.meta.dirname, '../../examples/guarded-step');

test('the step of the example is run by curl and by a Lambda function, and is undone where it fails', async () => {
  const [tools] = await listClientTools({ binDir: process.env.PG_BIN_DIR });
  const PATH = `${tools?.binDir}:${process.env.PATH}`;
  await using world = await hostWorld({ PATH });
  await mkdir(join(world.home, 'functions'));
  await cp(join(EXAMPLE, 'steps.json'), join(world.home, 'steps.json'));
  await cp(join(EXAMPLE, 'functions'), join(world.home, 'functions'), { recursive: true });
  await world.database.sql(`create table person (id int primary key, name text, last_seen date);
    insert into person values (1, 'Ada', '2020-05-01'), (2, 'Grace', '2026-05-01')`);
  const names = async () => (await world.database.sql('select name from person order by id')).map(({ name }) => name);
  const host = await world.start();
  const { stdout: token } = await world.datasens('token', 'create', 'etl');
  const curl = (given: object) =>
    run(join(EXAMPLE, 'run.sh'), ['anonymise', JSON.stringify(given)], {
      env: { PATH: process.env.PATH, DATASENS_URL: host.url, DATASENS_TOKEN: token.trim() },
    });

  await expect(curl({ before: 'yesterday evening' })).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/"status":"FAILED".*Its tables were restored from dump 1/),
  });
  expect(await names()).toEqual(['Ada', 'Grace']);
  expect((await curl({ before: '2026-01-01' })).stdout).toContain('"result":{"said":"UPDATE 1"}');
  expect(await names()).toEqual([null, 'Grace']);

  using _ = setEnvironment({
    AWS_ENDPOINT_URL_SFN: host.endpoint,
    GUARDED_STEP_ARN: machineArn('guarded-step'),
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'none',
    AWS_SECRET_ACCESS_KEY: 'none',
  });
  const { handler } = await import(join(EXAMPLE, 'lambda.mjs'));
  const event = { id: 'a1b2', detail: { before: '2027-01-01' } };
  const started = await handler(event);
  expect(started).toMatch(/:execution:guarded-step:anonymise-a1b2$/);
  await world.until('select name from person where id = 2', [{ name: null }]);
  expect(await handler(event)).toBe(started);
});
