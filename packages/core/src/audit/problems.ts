/**
 * - `changed`   it is not what was recorded
 * - `removed`   it is missing, and later ones are there
 * - `cut-off`   it and everything after it is missing
 * - `inserted`  it was never recorded
 * - `forked`    database and bucket each hold a sound event, and they differ: one chain was written anew
 */
export type ProblemKind = 'changed' | 'removed' | 'cut-off' | 'inserted' | 'forked';

export interface Problem {
  /** The event; null for what has no event, such as a row of T38 that was inserted by hand. */
  readonly seq: number | null;
  /** The last of several events in a row with this problem. */
  readonly until?: number;
  readonly kind: ProblemKind;
  readonly where: 'database' | 'bucket';
  readonly message: string;
}

export interface ProblemList {
  add(problem: Problem): void;
  first(): readonly Problem[];
  count(): number;
}

const KEPT = 1_000;

/** Collects problems in bounded memory: a run of events with the same one counts once. */
export function problemList(): ProblemList {
  const kept: { -readonly [K in keyof Problem]: Problem[K] }[] = [];
  const lastOfRun = new Map<string, { seq: number; problem: (typeof kept)[number] }>();
  let count = 0;
  return {
    add(problem) {
      const run = `${problem.where} ${problem.kind} ${problem.message}`;
      const { seq } = problem;
      const last = lastOfRun.get(run);
      if (seq !== null && last?.seq === seq - 1) {
        last.seq = seq;
        last.problem.until = seq;
        return;
      }
      count += 1;
      const added = { ...problem };
      if (kept.length < KEPT) kept.push(added);
      if (seq === null || problem.until !== undefined) return;
      // Runs are of neighbours, so only the last few can go on.
      if (lastOfRun.size > KEPT) lastOfRun.clear();
      lastOfRun.set(run, { seq, problem: added });
    },
    first: () => kept,
    count: () => count,
  };
}
