import { InboxVersion } from '@datasens/core/import/object-import.ts';
import { settleImported, settleRefused } from '@datasens/core/import/settle-object.ts';
import * as z from 'zod';
import { Sha256 } from './task/sha256.ts';
import { StartedAt } from './task/started-at.ts';
import { task } from './task/task.ts';

/** What an import has come to, as far as it says where the file goes. */
const Imported = z.object({
  importId: z.int().positive(),
  dumpId: z.int().positive(),
  importedAt: z.iso.datetime(),
  duplicateOf: z.object({ importId: z.int(), dumpId: z.int() }).nullable(),
});

/** Takes the version of a file that was imported, or will never be, out of the inbox. */
export const handler = task(
  {
    object: InboxVersion,
    sha256: Sha256.nullable(),
    startedAt: StartedAt,
    end: z.union([z.strictObject({ imported: Imported }), z.strictObject({ refused: z.string().min(1).max(200) })]),
  },
  async (deps, { object, sha256, startedAt: since, end }) =>
    'refused' in end
      ? await settleRefused(deps, { object, sha256: sha256 ?? undefined, since, ...end })
      : await settleImported(deps, { object, sha256: sha256 ?? undefined, since, ...end }),
);
