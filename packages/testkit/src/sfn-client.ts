import { SFNClient } from '@aws-sdk/client-sfn';

/** A client of AWS that speaks to an API of this machine. */
export function sfnClient(endpoint: string): SFNClient {
  return new SFNClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
}
