import { randomBytes } from 'node:crypto';
import { runnableScript } from '../postgres/plain-script.ts';
import { readData } from './archive-input.ts';
import type { RestoreDeps } from './restore-deps.ts';
import type { RestorePlan } from './restore-plan.ts';

/** A plain dump as psql may run it. */
export function scriptOf(deps: RestoreDeps, plan: RestorePlan): AsyncIterable<Uint8Array> {
  const { owners, privileges } = plan;
  return runnableScript(readData(deps, plan), { restrictKey: randomBytes(16).toString('hex'), owners, privileges });
}
