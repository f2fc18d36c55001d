import { SFNClient } from '@aws-sdk/client-sfn';
import { AppError } from '@datasens/core/errors.ts';
import { type InboxRules, readInboxRules } from '@datasens/core/import/inbox-rules.ts';
import type { SQSBatchResponse } from 'aws-lambda';
import * as z from 'zod';
import { importOf } from './inbox/import-of.ts';
import { readObjectsCreated } from './inbox/object-created.ts';
import { startOnce } from './inbox/start-once.ts';
import { type Call, step } from './task/step.ts';

/** As SQS hands them over: Lambda Developer Guide, "Using Lambda with Amazon SQS". */
const Message = z.object({ messageId: z.string(), body: z.string() });

/**
 * Starts the import of each file that was put into the inbox. Events come at least once, and in any order: each leads to
 * one execution. What fails is told message by message, and comes again.
 */
export const handler = step({ Records: z.array(Message) }, async (call, { Records }): Promise<SQSBatchResponse> => {
  const machine = process.env.IMPORT_MACHINE_ARN;
  if (!machine) throw new AppError('ConfigError', 'IMPORT_MACHINE_ARN: expected the ARN of the state machine');
  const rules = await readInboxRules(call.config.imports);
  const client = new SFNClient({});
  const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
  try {
    for (const { messageId, body } of Records) {
      try {
        await startImports(client, { machine, rules }, body, call);
      } catch (error) {
        call.log('a message failed, and comes again', { messageId, because: String(error) });
        batchItemFailures.push({ itemIdentifier: messageId });
      }
    }
  } finally {
    client.destroy();
  }
  return { batchItemFailures };
});

interface Importing {
  readonly machine: string;
  readonly rules: InboxRules;
}

async function startImports(client: SFNClient, importing: Importing, body: string, { config, signal, log }: Call) {
  const { machine, rules } = importing;
  for (const created of readObjectsCreated(body)) {
    const { bucket, key } = created;
    const start = importOf(created, config.storage, rules);
    if (!start) log('ignored: no file of the inbox', { bucket, key });
    else log(await startOnce(client, machine, start, signal), { key, execution: start.name });
  }
}
