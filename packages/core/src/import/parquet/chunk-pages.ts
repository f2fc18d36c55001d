import { crc32 } from 'node:zlib';
import type { PageHeader } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import type { ByteRun } from './byte-ranges.ts';
import type { ParquetLimits } from './limits.ts';
import { damaged, decoding, unsupported } from './refusal.ts';
import { thriftExtent } from './thrift-extent.ts';

/** A page as it is stored, its checksum compared where it has one. */
export interface StoredPage {
  readonly header: PageHeader;
  /** Compressed: a view, until the next page is asked for. */
  readonly bytes: Buffer;
  /** For messages. */
  readonly place: string;
}

const FIRST_HEADER_BYTES = 1_024;
/** Its statistics may have long values. */
const MOST_HEADER_BYTES = 16_777_216;

/** The pages of a column chunk, in order. `place` names the chunk. Throws `InvalidInput`. */
export async function* chunkPages(run: ByteRun, limits: ParquetLimits, place: string): AsyncGenerator<StoredPage> {
  for (let number = 1; run.left() > 0; number += 1) {
    const where = `${place}, page ${number}`;
    const header = await takeHeader(run, where);
    const { compressed_page_size: size, uncompressed_page_size: unpacked, crc } = header;
    if (!(size >= 0 && size <= run.left() && unpacked >= 0)) throw damaged(`${where}: it would have ${size} bytes`);
    if (Math.max(size, unpacked) > limits.pageBytes) {
      throw unsupported(
        `${where} has ${Math.max(size, unpacked)} bytes, and ${limits.pageBytes} is the limit of a page`,
        'Write it with smaller pages or row groups',
      );
    }
    const bytes = await run.peek(size);
    if (crc !== undefined && crc32(bytes) !== crc >>> 0) throw damaged(`${where}: its checksum is wrong`);
    run.skip(size);
    if (header.type !== 'INDEX_PAGE') yield { header, bytes, place: where };
  }
}

async function takeHeader(run: ByteRun, place: string): Promise<PageHeader> {
  for (let wanted = FIRST_HEADER_BYTES; ; wanted *= 8) {
    const bytes = await run.peek(wanted);
    const extent = decoding(place, () => thriftExtent(bytes, 0));
    if (extent !== undefined) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, extent);
      const header = decoding(place, () => parquetHeader({ view, offset: 0 }));
      run.skip(extent);
      return header;
    }
    if (wanted > run.left() || wanted > MOST_HEADER_BYTES) throw damaged(`${place}: its header is cut off`);
  }
}
