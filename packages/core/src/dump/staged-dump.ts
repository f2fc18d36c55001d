import * as z from 'zod';
import { Manifest } from '../catalog/manifest.ts';

/** The result of `stageDump`, and the input of the steps after it: bytes are stored, nothing claims them yet. */
export const StagedDump = z.strictObject({
  prefix: z.string(),
  /** The manifest that commit will write. */
  manifest: Manifest,
  /** The stored version of each object, by its key relative to the prefix. */
  etags: z.record(z.string(), z.string()),
  /** What the tools warned of, and what had to be left out. */
  warnings: z.array(z.string()),
});
export type StagedDump = z.infer<typeof StagedDump>;
