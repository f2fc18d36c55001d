import { S3_CREDENTIALS } from '@datasens/testkit/s3-server.ts';

/** For the SDK's usual chain: the credentials of the servers that a bench starts. */
export const S3_ENVIRONMENT = {
  AWS_ACCESS_KEY_ID: S3_CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: S3_CREDENTIALS.secretAccessKey,
};

/** For rclone: such a server as its remote `bench`, with its defaults. */
export function rcloneEnvironment(endpoint: string): Record<string, string> {
  return {
    RCLONE_CONFIG: '/dev/null',
    RCLONE_CONFIG_BENCH_TYPE: 's3',
    RCLONE_CONFIG_BENCH_PROVIDER: 'Other',
    RCLONE_CONFIG_BENCH_ENDPOINT: endpoint,
    RCLONE_CONFIG_BENCH_REGION: 'us-east-1',
    RCLONE_CONFIG_BENCH_ACCESS_KEY_ID: S3_CREDENTIALS.accessKeyId,
    RCLONE_CONFIG_BENCH_SECRET_ACCESS_KEY: S3_CREDENTIALS.secretAccessKey,
    HOME: '/nonexistent',
    // Of what rclone is built on only some take it.
    AWS_CA_BUNDLE: '',
  };
}
