import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a stage has of its own: `stages/<stage>/stack.json`. All of it may be left out. */
export interface StageSettings {
  /** Where the databases are. Without it the stack makes a VPC of its own, which has no way out. */
  readonly vpc?: {
    readonly id: string;
    /** Private ones. */
    readonly subnetIds: readonly string[];
    /** That of the databases, which is to let the functions in. */
    readonly databaseSecurityGroupId?: string;
    /** Functions stay outside where databases have public addresses; tasks then need a NAT. */
    readonly functionsOutside?: boolean;
    /** Whether services of AWS are reached by endpoints that the stack makes, rather than by a NAT that is there. */
    readonly endpoints?: boolean;
  };
  readonly databasePort?: number;
  /** Users of databases that functions connect as without a password: ARNs, as `rds-db:connect` takes them. */
  readonly rdsUsers?: readonly string[];
  /** In how many of the subnets interface endpoints stand, 1 or 2: each costs (docs/deploy.md). */
  readonly endpointZones?: number;
  /** The major of the databases' PostgreSQL, or several by spaces: those of the client tools in the image. */
  readonly postgresMajor?: number | string;
  /** Whether versions can be kept by legal holds; it can be chosen once, when the bucket is made. */
  readonly objectLock?: boolean;
  readonly logDays?: number;
  /** False in an account whose limit of concurrent executions leaves none to reserve (Lambda quotas). */
  readonly reserveConcurrency?: boolean;
  /** `DATASENS_APPROVERS`: without them nobody decides by a link. */
  readonly approvers?: readonly string[];
  /** Whether people are told by a webhook, whose URL is a secret. */
  readonly webhook?: boolean;
  /** `DATASENS_RECIPIENTS`, `DATASENS_SENSITIVE` and `DATASENS_PROTECTED`, as the variables have them. */
  readonly recipients?: string;
  readonly sensitive?: Readonly<Record<string, unknown>>;
  readonly protected?: string;
}

/** Files of settings beside it, by the variables that they are given in. */
interface SettingsFiles {
  readonly DATASENS_RETENTION?: string;
  readonly DATASENS_IMPORTS?: string;
  readonly DATASENS_STEPS?: string;
}

export interface Stage {
  readonly settings: StageSettings;
  readonly files: SettingsFiles;
}

const KNOWN: ReadonlySet<string> = new Set<keyof StageSettings>([
  'vpc',
  'databasePort',
  'rdsUsers',
  'endpointZones',
  'postgresMajor',
  'objectLock',
  'logDays',
  'reserveConcurrency',
  'approvers',
  'webhook',
  'recipients',
  'sensitive',
  'protected',
]);
const FILES = { DATASENS_RETENTION: 'retention', DATASENS_IMPORTS: 'imports', DATASENS_STEPS: 'steps' } as const;
/** All variables of a function together: 4 KB (Lambda quotas); the others take less than a quarter of it. */
const LONGEST_FILE = 3_000;

/** Reads what `stages/<stage>` has; a stage that has nothing is one of defaults. Throws what is wrong with it, and where. */
export function readStage(root: string, stage: string): Stage {
  const folder = join(root, 'stages', stage);
  const settings = JSON.parse(textOf(join(folder, 'stack.json')) ?? '{}') as StageSettings;
  const unknown = Object.keys(settings).filter((key) => !KNOWN.has(key));
  if (unknown.length > 0) throw new Error(`stages/${stage}/stack.json: there is no setting ${unknown.join(', ')}`);
  if (settings.webhook && !settings.vpc) {
    throw new Error(`stages/${stage}/stack.json: a webhook is not reached from a VPC without a way out: name a "vpc"`);
  }
  if (settings.vpc && settings.vpc.subnetIds.length === 0) {
    throw new Error(`stages/${stage}/stack.json: vpc.subnetIds: expected one at least`);
  }
  const files: Record<string, string> = {};
  for (const [variable, name] of Object.entries(FILES)) {
    const text = textOf(join(folder, `${name}.json`));
    if (text !== undefined) files[variable] = settingsText(text, `stages/${stage}/${name}.json`);
  }
  return { settings, files };
}

/** How long logs are kept: long enough to look into what a quarter has left. */
export function logDaysOf({ logDays = 90 }: StageSettings): number {
  return logDays;
}

function settingsText(text: string, path: string): string {
  const short = JSON.stringify(JSON.parse(text));
  if (Buffer.byteLength(short) <= LONGEST_FILE) return short;
  throw new Error(`${path}: expected ${LONGEST_FILE} bytes at most, for it is handed on in a variable of Lambda`);
}

function textOf(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
