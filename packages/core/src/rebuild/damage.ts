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

/** Collects damage; the events that are lost as ranges. */
export function damageList() {
  const places: Damage[] = [];
  const lost = new Set<number>();
  let count = 0;
  return {
    add(damage: Damage): void {
      count += 1;
      places.push(damage);
      // In the order of the journal, which is read from its end.
      places.sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0)).splice(TOLD);
      if (damage.seq !== null) lost.add(damage.seq);
    },
    lost: (): ReadonlySet<number> => lost,
    /** The first ranges of the events that are lost. */
    ranges(): [number, number][] {
      const ranges: [number, number][] = [];
      for (const seq of [...lost].sort((a, b) => a - b)) {
        const last = ranges.at(-1);
        if (last?.[1] === seq - 1) last[1] = seq;
        else ranges.push([seq, seq]);
      }
      return ranges.slice(0, TOLD);
    },
    report: (): DamageReport => ({ count, places }),
  };
}

export type DamageList = ReturnType<typeof damageList>;
