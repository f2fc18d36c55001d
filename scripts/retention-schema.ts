import { writeFile } from 'node:fs/promises';
import { policySchema } from '../packages/core/src/expiry/policy-schema.ts';

/** Writes docs/retention.schema.json from the schema that the rules are read by. */
await writeFile(new URL('../docs/retention.schema.json', import.meta.url), policySchema());
