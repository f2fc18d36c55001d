import { INBOX } from '@datasens/core/catalog/inbox-place.ts';

/** What the import of a file is told beside the file. */
export interface ImportTarget {
  readonly table?: string;
}

/** Where a file of the inbox goes, by the folder that it was put into: `inbox/SCHEMA.TABLE/…`. Nothing where that is none. */
export function targetOf(key: string): ImportTarget {
  const [folder = '', ...rest] = key.slice(INBOX.length).split('/');
  const isTable = rest.length > 0 && /^[^".]+\.[^".]+$/.test(folder);
  return isTable ? { table: folder } : {};
}
