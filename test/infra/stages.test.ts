import { expect, test } from 'vitest';
import { ofType, one } from './harness/graph.ts';
import { graphOf } from './stage-graph.ts';

test('production keeps its bucket and its secrets whatever is typed; another stage leaves nothing behind', async () => {
  const [stage, production] = [await graphOf('test'), await graphOf('production')];
  expect(one(production, 's3/bucket')).toMatchObject({
    protect: true,
    retainOnDelete: true,
    inputs: { forceDestroy: false },
  });
  expect(one(stage, 's3/bucket')).toMatchObject({
    protect: false,
    retainOnDelete: false,
    inputs: { forceDestroy: true },
  });
  const kept = (graph: typeof stage) =>
    graph
      .filter(({ type }) => /^aws:(s3\/(?!bucketObject|bucketNotification)|kms\/key)/.test(type))
      .map(({ type, protect, retainOnDelete }) => ({ type, protect, retainOnDelete }));
  // The key above all, without which the bucket is so many random bytes.
  for (const { type, retainOnDelete } of kept(production))
    expect({ type, retainOnDelete }).toEqual({ type, retainOnDelete: true });
  for (const { type, retainOnDelete } of kept(stage))
    expect({ type, retainOnDelete }).toEqual({ type, retainOnDelete: false });
  expect(one(production, 'kms/key').protect).toBe(true);
  expect(one(production, 'ecr/repository').inputs.forceDelete).toBe(false);
  expect(one(stage, 'ecr/repository').inputs.forceDelete).toBe(true);
  const days = (graph: typeof stage) =>
    ofType(graph, 'secretsmanager/secret').map(({ inputs }) => inputs.recoveryWindowInDays);
  expect(new Set(days(production))).toEqual(new Set([30]));
  expect(new Set(days(stage))).toEqual(new Set([0]));
});

test('two stages of an account share no name', async () => {
  const named = async (stage: 'test' | 'production') =>
    (await graphOf(stage))
      .filter(({ type }) => type.startsWith('aws:'))
      .flatMap(({ inputs }) => [inputs.name, inputs.bucket, inputs.family])
      .filter((name) => typeof name === 'string' && name !== 'sst-asset');
  const [a, b] = [await named('test'), await named('production')];
  expect(a.filter((name) => b.includes(name))).toEqual([]);
  expect(a.filter((name) => !name.includes('datasens-test'))).toEqual([]);
});
