import * as z from 'zod';
import { INBOX } from '../catalog/inbox-place.ts';
import type { ImportRequest } from './import-request.ts';
import type { Source } from './source/source.ts';
import { ENCODINGS } from './text/encoding.ts';
import { COLUMN_TYPES } from './types/column-type.ts';
import { parseDateFormat } from './types/date-format.ts';

/** A version of a file in the inbox, as an event names it; without one it is whatever is there when it is looked at. */
export const InboxVersion = z.strictObject({
  key: z
    .string()
    .startsWith(INBOX, `expected the key of an object below ${INBOX}`)
    .regex(/[^/]$/, 'expected the key of an object, not of a folder'),
  /** With its quotes or without. */
  etag: z.string().min(1).optional(),
  versionId: z.string().min(1).optional(),
});
export type InboxVersion = z.infer<typeof InboxVersion>;

const character = z.string().length(1).nullable();
const lines = z.int().nonnegative().max(999_999);

/** The import of an object of our own store, as a caller asks for it: the command's options, by their names. */
export const ObjectImport = InboxVersion.extend({
  /** The name of the database. */
  into: z.string().default('default'),
  table: z.string({ error: `expected a table: name one, or put the file into ${INBOX}SCHEMA.TABLE/` }).min(1),
  ifExists: z.enum(['append', 'replace', 'fail', 'upsert']).default('append'),
  /** Of an upsert. */
  keyColumns: z.array(z.string().min(1)).default([]),
  maxRejects: z.int().nonnegative().default(0),
  types: z.union([z.enum(['infer', 'text']), z.record(z.string(), z.enum(COLUMN_TYPES))]).default('infer'),
  evolve: z.boolean().default(false),
  force: z.boolean().default(false),
  sensitive: z.boolean().default(false),
  comment: z.string().optional(),
  user: z.string().min(1).max(100),
  lockTimeoutMs: z.int().nonnegative().optional(),
  delimiter: z.string().min(1).optional(),
  quote: character.optional(),
  escape: character.optional(),
  lineEnd: z.enum(['lf', 'crlf', 'cr', 'mixed']).optional(),
  encoding: z.enum(ENCODINGS).optional(),
  /** Rows that name the columns. */
  header: lines.optional(),
  skip: lines.optional(),
  footer: lines.optional(),
  records: z.string().optional(),
  null: z.array(z.string()).default([]),
  decimal: z.enum(['.', ',']).optional(),
  dateFormat: z.string().optional(),
});
export type ObjectImport = z.output<typeof ObjectImport>;

/** The same as the request of an import of `source`. Throws `InvalidInput` for a date format that is none. */
export function requestOf(source: Source, asked: ObjectImport): ImportRequest {
  const { delimiter, quote, escape: escapeBy, lineEnd, encoding, header, skip, footer } = asked;
  const { into, table, ifExists, maxRejects, types, evolve, force, sensitive, comment, user, lockTimeoutMs } = asked;
  return {
    source,
    into,
    table,
    ifExists,
    key: asked.keyColumns,
    maxRejects,
    types,
    evolve,
    force,
    sensitive,
    ...(comment === undefined ? {} : { comment }),
    user,
    ...(lockTimeoutMs === undefined ? {} : { lockTimeoutMs }),
    told: {
      delimiter,
      quote,
      escape: escapeBy,
      lineEnd,
      encoding,
      headerRows: header,
      skipLines: skip,
      footerLines: footer,
    },
    recordsPath: asked.records,
    nullWords: asked.null,
    decimal: asked.decimal,
    ...(asked.dateFormat === undefined ? {} : { dateFormat: parseDateFormat(asked.dateFormat) }),
  };
}
