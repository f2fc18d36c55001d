import { createHash } from 'node:crypto';
import { INBOX } from '@datasens/core/catalog/inbox-place.ts';
import type { InboxRules } from '@datasens/core/import/inbox-rules.ts';
import type { ObjectCreated } from './object-created.ts';
import { optionsOf } from './options-of.ts';

/** An execution of the workflow that imports a file. */
export interface ImportStart {
  readonly name: string;
  /** JSON. */
  readonly input: string;
}

/** `utilisateur` takes so many characters. */
const LONGEST_USER = 100;

/**
 * The execution that imports an object, the same however often its event comes; nothing for what is no file of the inbox
 * of our store, which is at `storage`.
 */
export function importOf(created: ObjectCreated, storage: string, rules: InboxRules): ImportStart | undefined {
  const { bucket, key: whole, etag, versionId, sequencer, requester = 'inbox' } = created;
  // Of a host of one machine the bucket may be a folder.
  const uri = bucket.startsWith('file://') ? `${bucket}/${whole}` : `s3://${bucket}/${whole}`;
  const beginning = `${storage.replace(/\/+$/, '')}/`;
  const key = uri.startsWith(beginning) ? uri.slice(beginning.length) : '';
  // A console makes an object of each "folder".
  if (!key.startsWith(INBOX) || key.endsWith('/')) return undefined;
  const identity = [bucket, whole, versionId ?? [etag, sequencer]];
  const digest = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 40);
  const version = { ...(etag ? { etag } : {}), ...(versionId === undefined ? {} : { versionId }) };
  const user = [...requester].slice(0, LONGEST_USER).join('');
  return { name: `import-${digest}`, input: JSON.stringify({ key, ...version, ...optionsOf(key, rules), user }) };
}
