import type { Deps } from '../deps.ts';
import { isAppError } from '../errors.ts';
import type { DeletedVersions } from '../storage/delete-versions.ts';

/**
 * - `upload`   an upload that nobody will complete: removed
 * - `bytes`    objects of a dump that never got a manifest: removed
 * - `attempt`  objects beside a manifest that it does not name, of another attempt: removed
 * - `manifest` a dump that was committed and not registered: registered
 * - `row`      a registered dump whose manifest or data is not stored
 * - `rejects`  rows that an import could not load, of an import that nobody recorded
 * - `database` what a restore was filling: dropped
 * - `import`   imports that stand in a ledger and not in the audit: recorded
 * - `payload`  what a state of a workflow has left for the next: removed
 * - `undoing`  imports that a restore has undone and of which no event says so: journalled
 * - `answer`   decisions on approvals that the states which wait for them have not been told: told
 */
export const KINDS = [
  'upload',
  'bytes',
  'attempt',
  'manifest',
  'row',
  'rejects',
  'database',
  'import',
  'undoing',
  'payload',
  'answer',
] as const;
export type Kind = (typeof KINDS)[number];

/**
 * - `planned` a dry run would mend it
 * - `mended`
 * - `waits`   nothing is to be done: somebody else takes it later
 * - `look`    a person must look at it
 * - `locked`  a lock of the storage, or a missing right, keeps a part of it: the next run tries again
 * - `failed`  the next run tries again
 */
export const OUTCOMES = ['planned', 'mended', 'waits', 'look', 'locked', 'failed'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface Subject {
  readonly kind: Kind;
  /** A key or a prefix of the storage, a database with its server, or a source. */
  readonly name: string;
  readonly dumpId?: number;
  /** When the youngest of it was written. */
  readonly since?: Date;
  readonly sizeBytes?: number;
}

export interface Finding extends Subject {
  readonly outcome: Outcome;
  /** What is missing, or in the way. */
  readonly because?: string;
}

export interface ReconcileResult {
  /** Of each kind how many, and the first `LISTED` of them. */
  readonly kinds: Readonly<Record<Kind, { readonly count: number; readonly first: readonly Finding[] }>>;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** What could not be looked at. */
  readonly warnings: readonly string[];
}

export const LISTED = 1_000;

/** So many that fail in a row are not those of single objects. */
const MOST_FAILURES = 3;

export type Ending = Pick<Finding, 'outcome' | 'because'>;

/** What a look at a subject has found: an end to it, or more of what it is. */
export type Look = Partial<Ending> & Partial<Pick<Subject, 'since' | 'sizeBytes'>>;

export interface Mending {
  /** Looks whether it is to be mended, also in a dry run; undefined where nothing is wrong with it. */
  readonly check?: () => Promise<Look | undefined>;
  /** Mends it; undefined where nothing was wrong any more. */
  readonly act: () => Promise<Ending | undefined>;
}

export const MENDED: Ending = { outcome: 'mended' };

/** What became of a deletion. */
export function endingOf({ locked }: DeletedVersions): Ending {
  return locked ? { outcome: 'locked', because: `${locked.key}: ${locked.because}` } : MENDED;
}

/** Takes the findings of one run. */
export type Findings = ReturnType<typeof newFindings>;

export function newFindings({ signal }: Pick<Deps, 'signal'>, dryRun: boolean) {
  const kinds = Object.fromEntries(KINDS.map((kind) => [kind, { count: 0, first: [] as Finding[] }])) as Record<
    Kind,
    { count: number; first: Finding[] }
  >;
  const outcomes = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  const warnings: string[] = [];
  let failuresInARow = 0;

  const add = (finding: Finding) => {
    const kind = kinds[finding.kind];
    kind.count += 1;
    outcomes[finding.outcome] += 1;
    if (kind.first.length < LISTED) kind.first.push(finding);
  };
  return {
    add,
    warn: (warning: string) => void warnings.push(warning),
    /**
     * Mends it, unless this is a dry run. What fails is a finding, and no reason to leave the others; three in a row are
     * thrown.
     */
    async mend(subject: Subject, { check = async () => ({}), act }: Mending): Promise<void> {
      try {
        const found = await check();
        if (!found) return;
        const { outcome, because, ...more } = found;
        const ending = outcome ? { outcome, ...(because === undefined ? {} : { because }) } : undefined;
        const ended = ending ?? (dryRun ? ({ outcome: 'planned' } as const) : await act());
        failuresInARow = 0;
        if (ended) add({ ...subject, ...more, ...ended });
      } catch (error) {
        signal.throwIfAborted();
        failuresInARow += 1;
        if (!isAppError(error) || failuresInARow === MOST_FAILURES) throw error;
        add({ ...subject, outcome: 'failed', because: error.message });
      }
    },
    result: (): ReconcileResult => ({ kinds, outcomes, warnings }),
  };
}
