import { INBOX } from '@datasens/core/catalog/inbox-place.ts';
import type { InboxRules } from '@datasens/core/import/inbox-rules.ts';

/**
 * What the import of a file is told beside the file: what the rule says that has the longest prefix of its key. The table is
 * the one that its folder names, `inbox/SCHEMA.TABLE/…`, unless the rule names another; nothing where there is neither.
 */
export function optionsOf(key: string, rules: InboxRules): object {
  const [rule] = rules
    .filter(({ prefix }) => key.startsWith(prefix))
    .sort((one, other) => other.prefix.length - one.prefix.length);
  const { prefix: _, ...options } = rule ?? { prefix: '' };
  return { ...tableOf(key), ...options };
}

function tableOf(key: string): { readonly table?: string } {
  const [folder = '', ...rest] = key.slice(INBOX.length).split('/');
  const isTable = rest.length > 0 && /^[^".]+\.[^".]+$/.test(folder);
  return isTable ? { table: folder } : {};
}
