import type { Config } from '@datasens/core/config.ts';
import { machineArn } from '../step-functions/arns.ts';
import { isLoopback } from '../urls/loopback.ts';

/** The databases that a host has provided where none were named. */
export interface Provided {
  readonly DATABASE_URL?: string;
  readonly AUDIT_DATABASE_URL?: string;
  readonly DATASENS_SCRATCH_URL?: string;
}

interface Surroundings {
  readonly endpoint: string;
  /** Where function URLs are. */
  readonly url: string;
  readonly provided: Provided;
  /** The names of the state machines. */
  readonly workflows: readonly string[];
}

/**
 * What functions find in their environment: that of the host, with what it has made up for spelled out, so that a function
 * and the host mean the same. They speak to the host as to Step Functions, at `endpoint`, where no signature is
 * looked at: where nothing else needs credentials there have to be some for the SDK's sake alone.
 */
export function functionEnvironment(
  env: NodeJS.ProcessEnv,
  config: Config,
  { endpoint, url, provided, workflows }: Surroundings,
): NodeJS.ProcessEnv {
  const needsNone = config.storage.startsWith('file:') && !config.notify.topic;
  return {
    ...(needsNone ? { AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none' } : {}),
    AWS_REGION: 'us-east-1',
    // On this machine links lead to it, unless the environment says what others reach it by.
    ...(isLoopback(new URL(url).hostname) ? { DATASENS_APPROVAL_URL: url } : {}),
    ...env,
    ...provided,
    DATASENS_HOME: config.home,
    DATASENS_STORAGE: config.storage,
    AWS_ENDPOINT_URL_SFN: endpoint,
    IMPORT_MACHINE_ARN: machineArn('import'),
    WORKFLOW_MACHINE_ARNS: JSON.stringify(Object.fromEntries(workflows.map((name) => [name, machineArn(name)]))),
  };
}
