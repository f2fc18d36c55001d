import { Worker } from 'node:worker_threads';
import type { JsonObject } from '../json.ts';
import { evaluateFields, type Field } from './evaluate-fields.ts';

/*
 * A process that evaluates one set of fields after another, for as long as it is asked, or until it is ended.
 */

// An expression that never ends must not outlive a host that was killed, and leaves the event loop no turn to notice.
const watchdog = `setInterval(() => process.ppid === ${process.ppid} || process.kill(process.pid, 'SIGKILL'), 500)`;
new Worker(watchdog, { eval: true }).unref();

process.on('message', async ({ fields, bindings }: { fields: Field[]; bindings: JsonObject }) => {
  process.send?.(await evaluateFields(fields, bindings));
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
