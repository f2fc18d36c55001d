import type { AgentOptions } from 'node:https';
import { S3Client } from '@aws-sdk/client-s3';
import { S3_CREDENTIALS } from './s3-server.ts';
import { OTHER_ENDPOINT } from './store-kinds.ts';

/** Another client than the product's, with the credentials of our servers, or the caller's for the caller's. */
export function s3Client(endpoint: string, httpsAgent: AgentOptions = {}): S3Client {
  return new S3Client({
    endpoint,
    forcePathStyle: true,
    requestHandler: { httpsAgent },
    region: (endpoint === OTHER_ENDPOINT && process.env.AWS_REGION) || 'us-east-1',
    ...(endpoint === OTHER_ENDPOINT ? {} : { credentials: S3_CREDENTIALS }),
  });
}
