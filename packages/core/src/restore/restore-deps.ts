import type { SourceDeps } from '../deps.ts';
import type { Comparison } from '../postgres/compare-proof.ts';
import type { DecisiveStep } from '../postgres/decisive-step.ts';

/** What the steps of a restore need beyond `SourceDeps`. */
export interface RestoreDeps extends SourceDeps {
  /** Called as often as anything moves; whoever shows it decides how often to look. */
  readonly onProgress?: (progress: RestoreProgress) => void;
}

export interface RestoreProgress {
  /** `finish`: the comparison is through; what was restored is committed, or gets its name. */
  readonly phase: 'check' | 'restore' | 'prove' | 'finish';
  /** Bytes of the dump read in this phase, where they pass through us, and of how many. */
  readonly bytes: number;
  readonly bytesInAll: number;
}

/** Called when nothing is left but the step that makes the restore stand. What it throws undoes the restore. */
export type BeforeDecision = (step: DecisiveStep, comparison: Comparison) => Promise<void>;
