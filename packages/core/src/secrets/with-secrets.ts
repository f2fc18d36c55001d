import * as z from 'zod';
import { AppError } from '../errors.ts';
import { readSecret } from './read-secret.ts';

/** What a secret may set: what else were in it, such as where Node finds modules, would be code from outside. */
const SECRET_VARIABLES = [
  'DATABASE_URL',
  'AUDIT_DATABASE_URL',
  'DATASENS_SOURCES',
  'DATASENS_SCRATCH_URL',
  'DATASENS_IDENTITY_SECRET',
  'DATASENS_LINK_SECRET',
  'DATASENS_NOTIFY_WEBHOOK',
] as const;

const Secret = z.partialRecord(z.enum(SECRET_VARIABLES), z.string());
type Secret = z.infer<typeof Secret>;

/** A password that was changed is known after so long, though the process lives on. */
const KEPT_MS = 300_000;

let kept: { readonly ids: string; readonly until: number; readonly secrets: Promise<Secret> } | undefined;

/**
 * The environment with what the secrets of `DATASENS_SECRETS` say: ARNs or names in AWS Secrets Manager, separated by commas,
 * each a JSON object of variables. What is set in the environment itself counts. Without the variable nobody is asked.
 *
 * Throws what `readSecret` throws, and `ConfigError` for a secret that is anything else, without repeating it.
 */
export async function withSecrets(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<NodeJS.ProcessEnv> {
  const ids = env.DATASENS_SECRETS;
  if (!ids) return env;
  if (!kept || kept.ids !== ids || kept.until < Date.now()) {
    const secrets = readSecrets(ids, signal);
    kept = { ids, until: Date.now() + KEPT_MS, secrets };
    // The next call asks again.
    secrets.catch(() => {
      if (kept?.secrets === secrets) kept = undefined;
    });
  }
  return { ...(await kept.secrets), ...env };
}

async function readSecrets(ids: string, signal: AbortSignal): Promise<Secret> {
  const names = ids.split(',').map((id) => id.trim());
  const read = await Promise.all(names.map(async (id) => parseSecret(id, await readSecret(id, signal))));
  return Object.assign({}, ...read);
}

function parseSecret(id: string, text: string): Secret {
  const { success, data } = Secret.safeParse(parse(text));
  if (success) return data;
  const expected = `expected a JSON object of strings, any of ${SECRET_VARIABLES.join(', ')}`;
  throw new AppError('ConfigError', `DATASENS_SECRETS: the secret ${id}: ${expected}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
