import { GetBucketVersioningCommand } from '@aws-sdk/client-s3';
import { AppError } from '../../errors.ts';
import type { Bucket } from './client.ts';

/** S3 refuses requests of a clock that is 15 minutes off (S3 API reference, "RequestTimeTooSkewed"); this is early. */
const MOST_SKEW_SECONDS = 60;

/** What a person should know of the bucket. Throws `ConfigError` for a clock that will soon be refused. */
export async function inspectBucket(
  { client, settings, uri }: Bucket,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const command = new GetBucketVersioningCommand({ Bucket: settings.bucket });
  let date: string | undefined;
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      date = (result.response as { readonly headers?: Readonly<Record<string, string>> }).headers?.date;
      return result;
    },
    { step: 'deserialize', priority: 'low' },
  );
  const { Status } = await client.send(command, { abortSignal: signal });
  const skewSeconds = date === undefined ? 0 : Math.round((Date.now() - Date.parse(date)) / 1_000);
  if (Math.abs(skewSeconds) > MOST_SKEW_SECONDS) {
    throw new AppError(
      'ConfigError',
      `the clock of this machine is ${Math.abs(skewSeconds)} s ${skewSeconds > 0 ? 'ahead of' : 'behind'} that of ` +
        `${uri}, which refuses requests from 900 s on: set it`,
      { skewSeconds },
    );
  }
  return [
    Status === 'Enabled'
      ? 'versions are kept'
      : 'no versions are kept, so that what somebody overwrites or deletes is lost at once',
  ];
}
