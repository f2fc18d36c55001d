import * as z from 'zod';
import { INBOX } from '../catalog/inbox-place.ts';
import { parseSettings, readSettingsText, type SettingsFile } from '../settings-file.ts';
import { ObjectImport } from './object-import.ts';

const WHAT = 'the rules of the inbox';

/** How the files below a prefix are imported: the options of an import, by their names. */
const Rule = ObjectImport.omit({ key: true, etag: true, versionId: true, user: true })
  .partial()
  .extend({ prefix: z.string().startsWith(INBOX, `expected a prefix below ${INBOX}`) });

const Rules = z.strictObject({ rules: z.array(Rule) }).superRefine(({ rules }, context) => {
  const prefixes = rules.map(({ prefix }) => prefix);
  for (const [index, prefix] of prefixes.entries()) {
    if (prefixes.indexOf(prefix) === index) continue;
    context.addIssue({ code: 'custom', path: ['rules', index, 'prefix'], message: `${prefix} is there twice` });
  }
});

/** The rules of the inbox: of those whose prefix a key has, the one with the longest counts. */
export type InboxRules = readonly z.output<typeof Rule>[];

/** Reads `imports.json` (docs/import.md); without one that is not `required` there are no rules. Throws `ConfigError`. */
export async function readInboxRules(file: SettingsFile): Promise<InboxRules> {
  const text = await readSettingsText(file, WHAT);
  return text === undefined ? [] : parseSettings(text, Rules, { path: file.path, what: WHAT }).rules;
}
