import { testBucket } from '@datasens/testkit/s3-bucket.ts';
import { s3Servers } from '@datasens/testkit/s3-servers.ts';
import { type Capabilities, type OpenedStore, testBlobStore } from './contract.ts';
import { s3Store } from './s3.ts';

/** By the driver, whatever the server. */
const REFUSED = ['dot segments', 'empty segments', 'control characters'] as const;

const capabilities: Readonly<Record<string, Capabilities>> = {
  other: { refuses: REFUSED },
  minio: {
    refuses: [...REFUSED, 'long segments'],
    hides: ['a key that is the folder of another'],
    otherClass: 'REDUCED_REDUNDANCY',
  },
  versitygw: {
    refuses: [...REFUSED, 'long segments', 'a key that is the folder of another'],
    racyCreate: true,
    racyMetadata: true,
  },
};

for (const { kind, endpoint } of s3Servers()) {
  for (const versioning of [false, true]) {
    const open = async (): Promise<OpenedStore> => {
      const bucket = await testBucket(endpoint, { versioning });
      return {
        store: s3Store({ bucket: bucket.name, prefix: '', endpoint }),
        abandonWrite: (key) => bucket.beginUpload(key),
        [Symbol.asyncDispose]: async () => undefined,
      };
    };
    testBlobStore(`s3Store on ${kind}, ${versioning ? 'with' : 'without'} versions`, open, {
      ...capabilities[kind],
      keepsVersions: versioning,
    });
  }
}
