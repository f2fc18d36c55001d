import { testBucket } from '@datasens/testkit/s3-bucket.ts';
import { s3Servers } from '@datasens/testkit/s3-servers.ts';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { s3Store } from './s3.ts';

const SMALL = Buffer.from('a manifest');
/** Three parts. */
const LARGE = Buffer.alloc(33 * 1_048_576, 'dump');

afterEach(() => vi.useRealTimers());

/** Sets the clock of this process; time itself goes on. */
function setClock(minutesOff: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: vi.getRealSystemTime() + minutesOff * 60_000 });
}

// From fifteen minutes on servers refuse, and tell their time; the SDK then signs by that.
describe.for(s3Servers())('on $kind', ({ endpoint }) => {
  test.for([10, -10, 20, -20])('a clock that is %i minutes off hinders nothing', async (minutes) => {
    const { name: bucket } = await testBucket(endpoint);
    setClock(minutes);
    const open = () => s3Store({ bucket, prefix: '', endpoint });
    // Each with a client that has learnt nothing yet.
    await open().put('small', [SMALL], { ifAbsent: true });
    await open().put('large', [LARGE]);
    await open().copy('small', 'copy');
    expect((await open().list('')).blobs.map(({ key }) => key)).toEqual(['copy', 'large', 'small']);
    expect(Buffer.concat(await Array.fromAsync(open().read('large'))).equals(LARGE)).toBe(true);
    await open().delete('copy');
    expect((await open().head('small')).sizeBytes).toBe(SMALL.length);
  });

  test('a clock that is set during an upload does not end it', async () => {
    const { name: bucket } = await testBucket(endpoint);
    const store = s3Store({ bucket, prefix: '', endpoint });
    async function* body() {
      setClock(-20);
      yield LARGE;
      setClock(20);
      yield LARGE;
    }
    expect(await store.put('k', body())).toMatchObject({ sizeBytes: 2 * LARGE.length });
  });
});
