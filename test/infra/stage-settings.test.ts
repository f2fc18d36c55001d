import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { expect, test } from 'vitest';
import { readStage } from '../../infra/stage-settings.ts';

test('a stage that has no folder is one of defaults', async () => {
  await using folder = await temporaryFolder();
  expect(readStage(folder.path, 'test')).toEqual({ settings: {}, files: {} });
});

test.for([
  ['a setting that there is not', 'stack', { objectlock: false }, 'there is no setting objectlock'],
  ['a webhook without a way out', 'stack', { webhook: true }, 'name a "vpc"'],
  ['a VPC without subnets', 'stack', { vpc: { id: 'vpc-1', subnetIds: [] } }, 'vpc.subnetIds'],
  ['rules that Lambda does not take', 'imports', { rules: ['x'.repeat(3_000)] }, 'imports.json: expected 3000 bytes'],
] as const)('%s is refused by the name of its file', async ([, name, value, says]) => {
  await using folder = await temporaryFolder();
  await mkdir(join(folder.path, 'stages/test'), { recursive: true });
  await writeFile(join(folder.path, `stages/test/${name}.json`), JSON.stringify(value));
  expect(() => readStage(folder.path, 'test')).toThrow(says);
  expect(() => readStage(folder.path, 'test')).toThrow(`stages/test/${name}.json`);
});
