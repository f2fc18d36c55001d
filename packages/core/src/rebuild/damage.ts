/** Something of the bucket that does not say what it must have said. */
export interface Damage {
  /** The event that is lost; null for what has none. */
  readonly seq: number | null;
  readonly key: string;
  readonly because: string;
}

export interface DamageReport {
  readonly count: number;
  /** The first of them. */
  readonly places: readonly Damage[];
}

const TOLD = 20;

/** Collects damage: counts all of it, and holds what comes first in the journal, which is read from its end. */
export function damageList() {
  const places: Damage[] = [];
  let ranges: [number, number][] = [];
  let count = 0;
  let lostCount = 0;
  return {
    add(damage: Damage): void {
      count += 1;
      places.push(damage);
      places.sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0)).splice(TOLD);
      if (damage.seq === null) return;
      lostCount += 1;
      ranges = joined([...ranges, [damage.seq, damage.seq]]).slice(0, TOLD);
    },
    /** How many events are lost. */
    lostCount: (): number => lostCount,
    /** The first ranges of them. */
    ranges: (): readonly [number, number][] => ranges,
    report: (): DamageReport => ({ count, places }),
  };
}

export type DamageList = ReturnType<typeof damageList>;

function joined(ranges: readonly [number, number][]): [number, number][] {
  const result: [number, number][] = [];
  for (const [first, end] of ranges.toSorted(([a], [b]) => a - b)) {
    const last = result.at(-1);
    if (last?.[1] === first - 1) last[1] = end;
    else result.push([first, end]);
  }
  return result;
}
