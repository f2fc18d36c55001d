import type { Config } from '@datasens/core/config.ts';
import type { Log } from '@datasens/core/deps.ts';
import type { Provided } from '@datasens/local/host/function-environment.ts';
import { openHost } from '@datasens/local/host/open-host.ts';
import { listen } from '@datasens/local/step-functions/api/listen.ts';
import type { Invoke } from '@datasens/local/step-functions/engine/invoke.ts';
import { hostStepFunctions } from '@datasens/local/step-functions/host.ts';
import { StateError } from '@datasens/local/step-functions/state-error.ts';
import { embeddedUrl } from './context.ts';

interface Hosting {
  readonly port: number;
  /** Where function URLs are. */
  readonly urls: { readonly address: string; readonly port: number };
  readonly signal: AbortSignal;
  readonly log: Log;
}

interface Hosted extends AsyncDisposable {
  readonly endpoint: string;
  /** Where function URLs are, if there are any. */
  readonly url?: string;
  /** What a person is told of it. */
  readonly lines: readonly string[];
}

/** The state machines, and nothing that they could call. */
export async function hostAlone({ home }: Config, { port, log }: Hosting): Promise<Hosted> {
  await using opened = new AsyncDisposableStack();
  const listener = opened.use(await listen(port));
  const { url } = listener;
  opened.use(await hostStepFunctions({ home, listener, invoke: noHandlers, log }));
  const all = opened.move();
  return {
    endpoint: url,
    lines: [
      `Step Functions is at ${url}; its journal is in ${home}`,
      `  aws stepfunctions list-state-machines --endpoint-url ${url} --region us-east-1`,
    ],
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

export async function hostEverything(config: Config, { port, urls, signal, log }: Hosting): Promise<Hosted> {
  const provided = await provide(config, signal, log);
  const host = await openHost({ config, environment: process.env, provided, port, urls, log });
  const { endpoint, url } = host;
  return {
    endpoint,
    url,
    lines: [
      `the host runs, with its journal in ${config.home}; Step Functions is at ${endpoint}`,
      `  audit, control and approvals by HTTP are at ${url}, for whoever has a token: datasens token create NAME`,
      `  files for the table public.t go into ${config.storage.replace(/\/+$/, '')}/inbox/public.t/`,
    ],
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
}

/** The embedded PostgreSQL for each of the databases that is not named. */
async function provide(config: Config, signal: AbortSignal, log: Log): Promise<Provided> {
  const wanted = {
    ...(config.sources.has('default') ? {} : { DATABASE_URL: '' }),
    ...(config.audit ? {} : { AUDIT_DATABASE_URL: '' }),
    ...(config.scratch ? {} : { DATASENS_SCRATCH_URL: '' }),
  };
  const names = Object.keys(wanted);
  if (names.length === 0) return {};
  try {
    const url = await embeddedUrl(config, signal, log);
    return Object.fromEntries(names.map((name) => [name, url]));
  } catch (error) {
    if (names.some((name) => name !== 'DATASENS_SCRATCH_URL')) throw error;
    log(`restore tests have no server: set DATASENS_SCRATCH_URL (${String(error)})`);
    return {};
  }
}

/** Alone, state machines have no functions to call; their tasks fail as those do on AWS that name what is not there. */
const noHandlers: Invoke = async (call) => {
  if (call.resource === 'lambda:invoke') {
    throw new StateError('Lambda.ResourceNotFoundException', `Function not found: ${call.functionName}`);
  }
  throw new StateError('ECS.ClientException', `TaskDefinition not found: ${call.taskDefinition}`);
};
