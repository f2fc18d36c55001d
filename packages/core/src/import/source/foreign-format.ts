import { AppError } from '../../errors.ts';

interface Format {
  readonly name: string;
  readonly magic: string;
  readonly at?: number;
}

/** By their first bytes, in Latin-1. Where a format is known under two names, the longer magic comes first. */
const FORMATS: readonly Format[] = [
  { name: 'a Parquet file that is compressed as a whole: unpack it first', magic: 'PAR1' },
  { name: 'an Arrow file', magic: 'ARROW1' },
  { name: 'an ORC file', magic: 'ORC' },
  { name: 'an Avro file', magic: 'Obj\x01' },
  { name: 'an SQLite database', magic: 'SQLite format 3\0' },
  { name: 'a dump of pg_dump (use datasens restore)', magic: 'PGDMP' },
  { name: 'a ZIP archive: unpack it first', magic: 'PK\x03\x04' },
  { name: 'a ZIP archive: unpack it first', magic: 'PK\x05\x06' },
  { name: 'an old Excel or Office document: save it as CSV first', magic: '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1' },
  { name: 'a PDF document', magic: '%PDF-' },
  { name: 'an RTF document', magic: '{\\rtf' },
  { name: 'a gzip file within another', magic: '\x1f\x8b' },
  { name: 'a zstd file within another', magic: '\x28\xb5\x2f\xfd' },
  { name: 'a bzip2 file: only gzip and zstd are read', magic: 'BZh' },
  { name: 'an xz file: only gzip and zstd are read', magic: '\xfd7zXZ\0' },
  { name: 'an lz4 file: only gzip and zstd are read', magic: '\x04\x22\x4d\x18' },
  { name: 'a 7z archive: unpack it first', magic: "7z\xbc\xaf'\x1c" },
  { name: 'a RAR archive: unpack it first', magic: 'Rar!\x1a\x07' },
  { name: 'a tar archive: unpack it first', magic: 'ustar', at: 257 },
  { name: 'a PNG image', magic: '\x89PNG' },
  { name: 'a JPEG image', magic: '\xff\xd8\xff' },
  { name: 'a GIF image', magic: 'GIF8' },
  { name: 'an HDF5 file', magic: '\x89HDF' },
  { name: 'a program', magic: '\x7fELF' },
];

/**
 * Refuses, with `InvalidInput` and its name, what is no text of a table: `head` is the beginning of the decompressed
 * bytes. Text is looked at further by `refuseMarkup`.
 */
export function refuseForeignFormat(head: Buffer): void {
  for (const { name, magic, at = 0 } of FORMATS) {
    if (head.subarray(at, at + magic.length).equals(Buffer.from(magic, 'latin1'))) {
      throw notDelimited(isWorkbook(name, head) ? 'an Excel workbook: save it as CSV first' : name);
    }
  }
}

function isWorkbook(name: string, head: Buffer): boolean {
  return name.startsWith('a ZIP') && /\[Content_Types\]\.xml|xl\//.test(head.toString('latin1'));
}

/** Refuses HTML and XML, which are text but no rows. `text` is the beginning, decoded. */
export function refuseMarkup(text: string): void {
  const start = text.slice(0, 4_096).trimStart();
  if (/^<(!doctype html|html|head|body|table|script|!--)/i.test(start)) {
    throw notDelimited('an HTML page, perhaps that of a login or an error');
  }
  if (/^<\?xml\b/i.test(start)) throw notDelimited('an XML document');
  if (/^version https:\/\/git-lfs/.test(start)) throw notDelimited('a pointer of Git LFS, not the file itself');
}

function notDelimited(what: string): AppError {
  return new AppError('InvalidInput', `expected delimited text, got ${what}`, { found: what });
}
