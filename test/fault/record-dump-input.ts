import type { NewDump } from '@datasens/core/audit/new-dump.ts';
import { newDump } from '@datasens/testkit/audit.ts';

export interface RecordDumpChild {
  readonly url: string;
  readonly root: string;
  readonly dumpId: number;
  readonly n: number;
  readonly when: 'before' | 'after';
}

/** The dump that both the killed process and the next one record. */
export function killedDump(dumpId: number): NewDump {
  return newDump({ dumpId, key: `dumps/killed/${dumpId}` });
}
