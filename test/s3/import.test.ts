import { gzipSync } from 'node:zlib';
import { datasens } from '@datasens/testkit/cli.ts';
import { testDatabase } from '@datasens/testkit/database.ts';
import { parquetFile, plain } from '@datasens/testkit/parquet/parquet-file.ts';
import { testBucket } from '@datasens/testkit/s3-bucket.ts';
import { type S3Proxy, s3Proxy, type WireFault } from '@datasens/testkit/s3-proxy.ts';
import { s3Servers } from '@datasens/testkit/s3-servers.ts';
import { temporaryFolder } from '@datasens/testkit/temporary-folder.ts';
import { describe, expect, test } from 'vitest';

const csv = (rows: number) => `id,nom\n${Array.from({ length: rows }, (_, id) => `${id},"Zoë, ${id}"\n`).join('')}`;
/** Larger than the sample. */
const ROWS = 400_000;

const ndjson = (rows: number) => Array.from({ length: rows }, (_, id) => `{"id":${id},"nom":"Zoë, ${id}"}\n`).join('');

/** Row groups of 20,000 rows, each of which is a request. */
function parquet(rows: number): Buffer {
  const size = 20_000;
  const groups = Array.from({ length: rows / size }, (_, group) =>
    Array.from({ length: size }, (_, n) => group * size + n),
  );
  return parquetFile({
    schema: [
      { name: 'id', type: 'INT32' },
      { name: 'nom', type: 'BYTE_ARRAY', converted: 0 },
    ],
    groups: groups.map((ids) => ({
      rows: size,
      chunks: [
        { pages: [{ count: size, body: plain.int32(ids) }] },
        { pages: [{ count: size, body: plain.bytes(ids.map((id) => `Zoë, ${id}`)) }] },
      ],
    })),
  });
}

describe.for(s3Servers())('a file in a bucket of $kind', ({ endpoint }) => {
  async function importing(
    file: Buffer,
    faultOf: (read: number, overwrite: () => Promise<void>) => WireFault | undefined,
  ) {
    await using stack = new AsyncDisposableStack();
    const database = stack.use(await testDatabase());
    const folder = stack.use(await temporaryFolder());
    const bucket = await testBucket(endpoint);
    await bucket.put('inbox/news.csv', file);
    const overwrite = () => bucket.put('inbox/news.csv', Buffer.from(csv(3)));
    const proxy: S3Proxy = stack.use(
      await s3Proxy(endpoint, (operation, before) =>
        operation === 'GetObject' ? faultOf(before, overwrite) : undefined,
      ),
    );
    const disposables = stack.move();
    return {
      database,
      run: () =>
        datasens(['import', `s3://${bucket.name}/inbox/news.csv`, '--table', 'news', '--json'], {
          DATABASE_URL: database.url,
          DATASENS_STORAGE: `s3://${bucket.name}/p`,
          DATASENS_HOME: folder.path,
          S3_ENDPOINT: proxy.endpoint,
        }),
      [Symbol.asyncDispose]: () => disposables.disposeAsync(),
    };
  }

  test('is imported by either path, over connections that break, and once', async () => {
    for (const [file, path] of [
      [Buffer.from(csv(ROWS)), 'fast'],
      [gzipSync(csv(ROWS).replace('id,nom', 'a title\n\nid,nom')), 'tolerant'],
      [parquet(ROWS), 'fast'],
      [Buffer.from(ndjson(ROWS)), 'fast'],
    ] as const) {
      await using world = await importing(file, (read) => (read % 3 === 2 ? 'cut answer' : undefined));
      expect((await world.run()).json).toMatchObject({ rowsInserted: ROWS, path });
      const again = await world.run();
      expect(again).toMatchObject({ code: 0, json: { rowsInserted: 0, duplicateOf: { rowsInserted: ROWS } } });
      expect(await world.database.sql('select count(*), sum(id) from news')).toEqual([
        { count: String(ROWS), sum: String((ROWS * (ROWS - 1)) / 2) },
      ]);
    }
  });

  test.for([
    ['CSV', () => Buffer.from(csv(ROWS)), 2],
    ['NDJSON', () => Buffer.from(ndjson(ROWS)), 2],
    ['Parquet, between two row groups', () => parquet(ROWS), 8],
  ] as const)(
    'that is overwritten between two reads is a conflict, and nothing of either is loaded: %s',
    async ([, file, at]) => {
      let overwritten = 0;
      await using world = await importing(file(), (read, overwrite) => {
        if (read !== at) return undefined;
        overwritten += 1;
        return { meanwhile: overwrite };
      });
      expect(await world.run()).toMatchObject({ code: 1, json: { error: { name: 'Conflict' } } });
      expect(overwritten).toBe(1);
      expect(await world.database.sql(`select to_regclass('news') as news`)).toEqual([{ news: null }]);
    },
  );
});
