import type { SourceDeps } from '@datasens/core/deps.ts';
import { runDump } from '@datasens/core/dump/run-dump.ts';
import { type BegunStep, beginStep } from '@datasens/core/guard/begin-step.ts';
import { type CheckedStep, checkStep } from '@datasens/core/guard/check-step.ts';
import { parseSteps } from '@datasens/core/guard/step-rules.ts';
import { type ImportWorld, importWorld } from './import-world.ts';

const STARTED = new Date('2026-11-27T02:00:00Z');

export interface GuardWorld extends ImportWorld {
  /** Begins a step, as paul's execution of this name. */
  begin(execution: string, step?: string, deps?: SourceDeps): Promise<BegunStep>;
  /** Dumps the tables of `enrich`, as the workflow does before it calls anything. */
  dump(): Promise<number>;
  /** Says that the step has failed, after this dump. */
  fail(execution: string, lease: number, dumpId: number, deps?: SourceDeps): Promise<CheckedStep>;
}

/** A database with the partitioned table `t` and the table `other`, and a step for each: `enrich` and `elsewhere`. */
export async function guardWorld(): Promise<GuardWorld> {
  const world = await importWorld({ auditElsewhere: true });
  await world.target.sql(`create table t (id int) partition by range (id);
    create table t_1 partition of t for values from (1) to (100); insert into t values (1), (2);
    create table other (id int)`);
  const steps = {
    enrich: { function: 'etl', tables: ['public.t'], exclusive: true },
    elsewhere: { function: 'etl', tables: ['public.other'] },
  };
  const rules = parseSteps(JSON.stringify({ steps }), 'steps.json');
  const user = 'paul';
  return {
    ...world,
    begin: (execution, step = 'enrich', deps = world.deps) =>
      beginStep({ ...deps, execution }, rules, { step, user, startedAt: STARTED }),
    async dump() {
      const { manifest } = await runDump(world.deps, { user, tables: ['public.t'], purpose: 'guarded' });
      return manifest.dumpId;
    },
    fail: (execution, lease, dumpId, deps = world.deps) =>
      checkStep({ ...deps, execution }, { lease, dumpId, user, error: 'ModelError', over: true }),
  };
}
