import * as z from 'zod';
import { RetentionFile } from './retention-policy.ts';

/** The JSON Schema of `retention.json`, as docs/retention.schema.json publishes it, as text. */
export function policySchema(): string {
  const schema = z.toJSONSchema(RetentionFile, { io: 'input' });
  return `${JSON.stringify({ ...schema, title: 'Retention rules of DataSens Dumps' }, null, 2)}\n`;
}
