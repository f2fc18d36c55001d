import { freePort } from '@datasens/testkit/free-port.ts';
import { hostWorld } from '@datasens/testkit/host-world.ts';
import { testBucket } from '@datasens/testkit/s3-bucket.ts';
import { startS3Server } from '@datasens/testkit/s3-server.ts';
import { ownS3Kinds } from '@datasens/testkit/s3-servers.ts';
import { expect, test } from 'vitest';

const OFTEN = 86_400;

test.for(ownS3Kinds().filter((kind) => kind === 'minio'))(
  'a file that is put into a bucket of %s is imported when its webhook tells of it, and not twice',
  async (kind) => {
    const urlsPort = await freePort();
    // Made before the server, which is to know it.
    await using world = await hostWorld({ DATASENS_INBOX_EVERY: String(OFTEN) }, { urlsPort });
    const token = (await world.datasens('token', 'create', 'minio')).stdout.trim();
    await using server = await startS3Server(kind, {
      env: {
        MINIO_NOTIFY_WEBHOOK_ENABLE_HOST: 'on',
        MINIO_NOTIFY_WEBHOOK_ENDPOINT_HOST: `http://127.0.0.1:${urlsPort}/events/bucket`,
        MINIO_NOTIFY_WEBHOOK_AUTH_TOKEN_HOST: `Bearer ${token}`,
      },
    });
    const { name: bucket, put, notify } = await testBucket(server.endpoint, { versioning: true });
    const host = await world.start({ DATASENS_STORAGE: `s3://${bucket}/team`, S3_ENDPOINT: server.endpoint });
    await notify('arn:minio:sqs::HOST:webhook');
    await put('team/inbox/public.t/été 1.csv', 'id\n1\n');
    await world.until('select id from t', [{ id: '1' }]);
    // What is moved and journalled is told of as well.
    await put('team/inbox/public.t/second.csv', 'id\n2\n');
    await world.until('select id from t order by id', [{ id: '1' }, { id: '2' }]);
    await world.until(`select count(*)::int as n from t38_dump_audit`, [{ n: 2 }]);
    expect(await host.end('SIGTERM')).toBe(0);
  },
);
