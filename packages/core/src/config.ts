import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { type LinkSettings, parseLinkSettings } from './approval/link-settings.ts';
import { DEFAULT_PROTECTED, type ProtectedTables, parseProtectedTables } from './approval/protected-tables.ts';
import type { IdentitySource } from './crypto/identities.ts';
import { parseRecipients } from './crypto/recipients.ts';
import { parseSensitiveRules, type SensitiveRules } from './crypto/sensitive-rules.ts';
import { AppError, isAppError } from './errors.ts';
import { type NotifyTargets, parseTopic, parseWebhook } from './notify-targets.ts';
import { type DatabaseTarget, parseDatabaseUrl } from './postgres/target.ts';
import type { SettingsFile } from './settings-file.ts';
import type { S3Options } from './storage/open-store.ts';

/** The environment, understood. What is absent here has an embedded default, which the host provides. */
export interface Config {
  /** Databases that can be dumped, by name; `default` only where `DATABASE_URL` names it. */
  readonly sources: ReadonlyMap<string, DatabaseTarget>;
  /** Where the audit tables live; absent where neither `AUDIT_DATABASE_URL` nor `DATABASE_URL` is set. */
  readonly audit?: DatabaseTarget;
  /** A database of the server on which restores are tested; absent where `DATASENS_SCRATCH_URL` is not set. */
  readonly scratch?: DatabaseTarget;
  /** `file:///dir` or `s3://bucket/prefix`. */
  readonly storage: string;
  /** How the storage is spoken to where it is S3. */
  readonly s3: S3Options;
  /** Absolute path of the folder for everything that is this machine's own. */
  readonly home: string;
  /** The retention rules: a file that somebody has named must be there. */
  readonly retention: SettingsFile;
  /** What a host starts when: the same. */
  readonly schedules: SettingsFile;
  /** How files of the inbox are imported: the same. */
  readonly imports: SettingsFile;
  /** The guarded steps: the same. */
  readonly steps: SettingsFile;
  /** How often a host lists the inbox; absent where it is to choose. */
  readonly inboxEveryMs?: number;
  /** `PG_BIN_DIR`. */
  readonly binDir?: string;
  /** The age public keys that what is sensitive is encrypted to. */
  readonly recipients: readonly string[];
  /** What opens it; read when it is needed. */
  readonly identity?: IdentitySource;
  readonly sensitive: SensitiveRules;
  readonly notify: NotifyTargets;
  /** What nothing is written to without the approval of another person. */
  readonly protectedTables: ProtectedTables;
  /** Absent where nobody decides by a link. */
  readonly links?: LinkSettings;
}

const NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/**
 * Parses the environment (design, section 7), once, at the edge. An empty value counts as unset. Every problem is in
 * one `ConfigError`, whose message never repeats a value that may hold a password.
 */
export function parseConfig(env: NodeJS.ProcessEnv): Config {
  const problems: string[] = [];
  const attempt = <T>(parse: () => T): T | undefined => {
    try {
      return parse();
    } catch (error) {
      if (!isAppError(error)) throw error;
      problems.push(error.message);
      return undefined;
    }
  };
  const isSigned = attempt(() => set(env.DATASENS_RDS_IAM, (text) => trueOf(text, 'DATASENS_RDS_IAM'))) ?? false;
  const database = (name: string) => {
    const url = env[name];
    return url ? attempt(() => signedWhere(isSigned, parseDatabaseUrl(url, name), name)) : undefined;
  };

  const main = database('DATABASE_URL');
  const audit = database('AUDIT_DATABASE_URL') ?? main;
  const scratch = database('DATASENS_SCRATCH_URL');
  const sources = new Map<string, DatabaseTarget>();
  if (main) sources.set('default', main);
  for (const [name, url] of Object.entries(attempt(() => namedUrls(env.DATASENS_SOURCES)) ?? {})) {
    const label = `DATASENS_SOURCES, source ${name}`;
    const target = attempt(() => signedWhere(isSigned, parseDatabaseUrl(url, label), label));
    if (target) sources.set(name, target);
  }
  const home = resolve(env.DATASENS_HOME || '.datasens');
  const storage = attempt(() => storageLocation(env.DATASENS_STORAGE, home)) ?? '';
  const endpoint = attempt(() => endpointUrl(env));
  const binDir = env.PG_BIN_DIR;
  if (binDir && !binDir.startsWith('/')) problems.push('PG_BIN_DIR: expected the absolute path of a folder');

  const inboxEveryMs = attempt(() => set(env.DATASENS_INBOX_EVERY, secondsOf));
  const recipients = attempt(() => recipientsOf(env)) ?? [];
  const identity = attempt(() => identityOf(env));
  const known = new Set(['default', ...sources.keys()]);
  const sensitive = attempt(() => rulesOf(env, known)) ?? new Map();
  const topic = attempt(() => set(env.DATASENS_NOTIFY_TOPIC, (text) => parseTopic(text, 'DATASENS_NOTIFY_TOPIC')));
  const webhook = attempt(() =>
    set(env.DATASENS_NOTIFY_WEBHOOK, (text) => parseWebhook(text, 'DATASENS_NOTIFY_WEBHOOK')),
  );
  const protectedTables = attempt(() => protectedBy(env)) ?? DEFAULT_PROTECTED;
  const links = attempt(() => parseLinkSettings(env));

  if (problems.length > 0) {
    throw new AppError('ConfigError', `the environment needs a change: ${problems.join('; ')}`, { problems });
  }
  return {
    sources,
    ...(audit ? { audit } : {}),
    ...(scratch ? { scratch } : {}),
    storage,
    s3: {
      endpoint,
      caBundle: env.AWS_CA_BUNDLE || undefined,
      kmsKeyId: env.S3_KMS_KEY_ID || undefined,
      storageClass: env.S3_STORAGE_CLASS || undefined,
    },
    home,
    retention: fileOf(env, 'DATASENS_RETENTION', resolve(home, 'retention.json')),
    imports: fileOf(env, 'DATASENS_IMPORTS', resolve(home, 'imports.json')),
    schedules: fileOf(env, 'DATASENS_SCHEDULES', resolve(home, 'schedules.json')),
    steps: fileOf(env, 'DATASENS_STEPS', resolve(home, 'steps.json')),
    ...(inboxEveryMs ? { inboxEveryMs } : {}),
    ...(binDir ? { binDir } : {}),
    recipients,
    ...(identity ? { identity } : {}),
    sensitive,
    notify: { ...(topic ? { topic } : {}), ...(webhook ? { webhook } : {}) },
    protectedTables,
    ...(links ? { links } : {}),
  };
}

/** The path of a file, or the JSON object that it would have: where there is no file system of one's own. */
function fileOf(env: NodeJS.ProcessEnv, variable: string, otherwise: string): SettingsFile {
  const named = env[variable];
  if (named?.trimStart().startsWith('{')) return { path: variable, required: true, text: named };
  return { path: resolve(named || otherwise), required: Boolean(named) };
}

/** A database of RDS that is opened by a token, where its URL has no password; TLS is what keeps that secret. */
function signedWhere(isSigned: boolean, target: DatabaseTarget, label: string): DatabaseTarget {
  if (!isSigned || target.password !== undefined) return target;
  if (/^(require|verify-ca|verify-full)$/.test(target.tls.sslmode ?? '')) return { ...target, signed: true };
  throw new AppError('ConfigError', `${label}: add ?sslmode=require: a token of RDS goes by TLS alone`);
}

function trueOf(text: string, name: string): true {
  if (text === 'true') return true;
  throw new AppError('ConfigError', `${name}: expected true, or nothing`);
}

function set<T>(text: string | undefined, parse: (text: string) => T): T | undefined {
  return text ? parse(text) : undefined;
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= 86_400) return seconds * 1_000;
  throw new AppError('ConfigError', 'DATASENS_INBOX_EVERY: expected 1 to 86400 seconds');
}

function recipientsOf({ DATASENS_RECIPIENTS: text }: NodeJS.ProcessEnv): readonly string[] {
  return text ? parseRecipients(text, 'DATASENS_RECIPIENTS') : [];
}

function identityOf(env: NodeJS.ProcessEnv): IdentitySource | undefined {
  const { DATASENS_IDENTITY: file, DATASENS_IDENTITY_SECRET: secret } = env;
  if (file && secret) {
    throw new AppError('ConfigError', 'DATASENS_IDENTITY and DATASENS_IDENTITY_SECRET are both set: leave one out');
  }
  if (secret) return { secret };
  if (!file) return undefined;
  if (!/^age-secret-key-/i.test(file)) return { file: resolve(file) };
  throw new AppError(
    'ConfigError',
    'DATASENS_IDENTITY: expected the path of a file, got a secret key: that goes into DATASENS_IDENTITY_SECRET',
  );
}

function rulesOf(env: NodeJS.ProcessEnv, known: ReadonlySet<string>): SensitiveRules | undefined {
  const { DATASENS_SENSITIVE: text } = env;
  if (!text) return undefined;
  const rules = parseSensitiveRules(text, 'DATASENS_SENSITIVE', known);
  if (env.DATASENS_RECIPIENTS) return rules;
  throw new AppError('ConfigError', 'DATASENS_SENSITIVE: set DATASENS_RECIPIENTS, too: there is no key to encrypt to');
}

function protectedBy({ DATASENS_PROTECTED: text }: NodeJS.ProcessEnv): ProtectedTables | undefined {
  return text ? parseProtectedTables(text, 'DATASENS_PROTECTED') : undefined;
}

function namedUrls(text: string | undefined): Record<string, string> {
  if (!text) return {};
  const fail = (problem: string) =>
    new AppError('ConfigError', `DATASENS_SOURCES: ${problem}. Expected JSON: {"name": "postgresql://…", …}`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw fail('not JSON');
  }
  const parsed = z.record(z.string(), z.string()).safeParse(json);
  if (!parsed.success) throw fail('not an object of strings');
  for (const name of Object.keys(parsed.data)) {
    if (!NAME.test(name)) throw fail(`${JSON.stringify(name)} is not a name of lower-case letters, digits, - and _`);
    if (name === 'default') throw fail('the name "default" belongs to DATABASE_URL');
  }
  return parsed.data;
}

function storageLocation(location: string | undefined, home: string): string {
  if (!location) return pathToFileURL(resolve(home, 'bucket')).href;
  if (/^file:\/\/\/./.test(location) || /^s3:\/\/[^/]+/.test(location)) return location;
  throw new AppError('ConfigError', 'DATASENS_STORAGE: expected file:///absolute/folder or s3://bucket/prefix');
}

/** The names of AWS's own tools serve too (AWS SDKs and Tools reference, "Service-specific endpoints"). */
const ENDPOINTS = ['S3_ENDPOINT', 'AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'] as const;

function endpointUrl(env: NodeJS.ProcessEnv): string | undefined {
  const name = ENDPOINTS.find((candidate) => env[candidate]);
  if (!name) return undefined;
  const url = URL.parse(env[name] ?? '');
  const isPlain = url && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.search && !url.hash;
  if (isPlain && !url.username && !url.password) return url.origin;
  throw new AppError('ConfigError', `${name}: expected http://host:port or https://host:port, and nothing else`);
}
