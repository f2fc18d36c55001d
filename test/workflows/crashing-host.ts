import { until } from '@datasens/testkit/eventually.ts';
import { countSteps, crashAt, type Steps } from '@datasens/testkit/fault.ts';
import { faultyJournal } from '@datasens/testkit/faulty-journal.ts';
import type { Ended, WorkflowWorld, WorkflowWorldOptions } from '@datasens/testkit/workflow-world.ts';

/** A host that crashes after every step of its journal, and goes on where it stood. */
export function crashingHost() {
  let steps: Steps = countSteps();
  const now: Steps = { taken: [], begin: (step) => steps.begin(step), end: (number) => steps.end(number) };
  return {
    wrap: ((journal) => faultyJournal(journal, now)) satisfies WorkflowWorldOptions['wrap'],
    /** Takes an execution that was started to its end. */
    async run(world: WorkflowWorld, arn: string): Promise<{ readonly ended: Ended; readonly crashes: number }> {
      let crashes = 0;
      while (world.statusOf(arn) === 'RUNNING') {
        const crash = crashAt(1, 'after');
        steps = crash;
        await world.api.restart();
        await until(() => crash.taken.length > 0 || world.statusOf(arn) !== 'RUNNING');
        crashes += 1;
      }
      steps = countSteps();
      await world.api.restart();
      return { ended: await world.ended(arn), crashes };
    },
  };
}
