import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';

const client = new SFNClient({});

/** Starts the guarded step of an event of EventBridge, once for the event. GUARDED_STEP_ARN is that of the state machine. */
export async function handler({ id, detail }) {
  const start = new StartExecutionCommand({
    stateMachineArn: process.env.GUARDED_STEP_ARN,
    name: `anonymise-${id}`,
    input: JSON.stringify({ user: 'nightly', step: 'anonymise', input: { before: detail.before } }),
  });
  try {
    return (await client.send(start)).executionArn;
  } catch (error) {
    // The event has come before.
    if (error.name !== 'ExecutionAlreadyExists') throw error;
    return `${process.env.GUARDED_STEP_ARN.replace(':stateMachine:', ':execution:')}:anonymise-${id}`;
  }
}
