import { importObject } from '@datasens/core/import/import-object.ts';
import { ObjectImport } from '@datasens/core/import/object-import.ts';
import * as z from 'zod';
import { Sha256 } from './task/sha256.ts';
import { StartedAt } from './task/started-at.ts';
import { task } from './task/task.ts';
import { withholdValues } from './task/withhold-values.ts';

/** Imports a file of the inbox that was inspected, and approved where its table is protected. */
export const handler = task(
  {
    ...ObjectImport.shape,
    sha256: Sha256,
    tableExists: z.boolean(),
    startedAt: StartedAt,
    approvalId: z.int().positive().nullable().default(null),
  },
  async (deps, { sha256, tableExists, startedAt, approvalId, ...asked }) =>
    await withholdValues(() =>
      importObject(deps, { asked, sha256, tableExists, since: startedAt, approvalId: approvalId ?? undefined }),
    ),
);
