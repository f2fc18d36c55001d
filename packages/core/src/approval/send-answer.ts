import { AppError } from '../errors.ts';
import { clientSettings } from '../workflow/client-settings.ts';

/** What a state that waits is told: its output, or its error (API reference, SendTaskSuccess, SendTaskFailure). */
export type TaskAnswer =
  | { readonly output: Readonly<Record<string, unknown>> }
  | { readonly error: string; readonly cause: string };

/** Errors of the API that say that nobody waits by the token. */
const OVER: readonly string[] = ['TaskDoesNotExist', 'TaskTimedOut', 'InvalidToken'];

/**
 * Answers the state that waits by the token, at the endpoint that the environment names (AWS_ENDPOINT_URL_SFN), or AWS's
 * own. Returns false where nobody waits by it any more.
 *
 * Throws `Transient` where Step Functions cannot be reached or is busy, `NotAllowed` where it refuses the credentials,
 * `ConfigError` where there are none, or no region.
 */
export async function sendAnswer(token: string, answer: TaskAnswer, signal: AbortSignal): Promise<boolean> {
  // Loaded where it is needed alone: it takes its time.
  // biome-ignore lint/style/noRestrictedImports: this is the one place
  const { SFNClient, SendTaskFailureCommand, SendTaskSuccessCommand } = await import('@aws-sdk/client-sfn');
  const client = new SFNClient(clientSettings(process.env));
  try {
    const options = { abortSignal: signal };
    if ('output' in answer) {
      const output = JSON.stringify(answer.output);
      await client.send(new SendTaskSuccessCommand({ taskToken: token, output }), options);
    } else {
      await client.send(new SendTaskFailureCommand({ taskToken: token, ...answer }), options);
    }
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Error && OVER.includes(error.name)) return false;
    throw explain(error);
  } finally {
    client.destroy();
  }
}

/** By name and message: the rest of the SDK's error holds the request, and with it the token. */
function explain(error: unknown): AppError {
  const { name, message, $metadata, code } = error as Error & {
    readonly $metadata?: { readonly httpStatusCode?: number };
    readonly code?: string;
  };
  const status = $metadata?.httpStatusCode;
  const details = { code: code ?? name, ...(status === undefined ? {} : { status }) };
  const said = 'the decision is recorded, and the state that waits could not be told';
  if (name === 'CredentialsProviderError' || /region is missing/i.test(message)) {
    const remedy = 'set AWS_REGION and credentials, or AWS_ENDPOINT_URL_SFN to the host of this machine';
    return new AppError('ConfigError', `${said} (${message}): ${remedy}, then run this again`, details);
  }
  if (status === 400 || status === 401 || status === 403) {
    const isBusy = /throttl/i.test(name);
    return new AppError(
      isBusy ? 'Transient' : 'NotAllowed',
      `${said}: Step Functions refuses the answer (${name}: ${message}). ${isBusy ? 'Run this again' : 'Have the right to states:SendTaskSuccess and states:SendTaskFailure, then run this again'}`,
      details,
    );
  }
  return new AppError(
    'Transient',
    `${said}: Step Functions could not be reached (${code ?? name}). Run this again`,
    details,
  );
}
