import { AppError } from '../../errors.ts';
import { failureOf } from './errors.ts';
import { askedOnce, withProbe } from './probe.ts';

/**
 * Throws `ConfigError` where the server ignores `If-None-Match`, and so would let two writers overwrite each other. It
 * is asked once, before the first write that depends on it.
 */
export const requireConditionalWrites = askedOnce(async (bucket) => {
  const ignored = await withProbe(bucket, async ({ put }) => {
    const create = () =>
      put({ IfNoneMatch: '*' }).then(
        () => true,
        (error: unknown) => {
          if (failureOf(error)?.status !== 412) throw error;
          return false;
        },
      );
    // Where the answer to the first was lost, the request that is sent again finds its object: an answer, too.
    return (await create()) && (await create());
  });
  if (!ignored) return;
  throw new AppError(
    'ConfigError',
    `the server of ${bucket.uri} ignores conditional writes (If-None-Match), so that two dumps could overwrite each ` +
      `other: use one that has them, as MinIO and versitygw do in their present versions`,
  );
});
