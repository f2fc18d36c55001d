/** Something to do for a project of vitest.config.ts. */
export interface Item {
  readonly project: string;
}

/**
 * Does `work` on every item, in each place one at a time. A place stays with a project, for each has a Vitest of its own;
 * then it takes one that nobody is at, the smallest first: those that all places share at the end are the largest.
 */
export async function shareOut<T extends Item, P>(
  items: readonly T[],
  places: readonly P[],
  work: (item: T, place: P) => Promise<void>,
): Promise<void> {
  const left = Map.groupBy(items, ({ project }) => project);
  const at = new Map<P, string>();
  const busyness = (project: string) => [...at.values()].filter((each) => each === project).length;
  const next = (place: P): T | undefined => {
    const project = at.get(place);
    const item = project === undefined ? undefined : left.get(project)?.shift();
    if (item) return item;
    at.delete(place);
    const [chosen] = [...left]
      .filter(([, { length }]) => length > 0)
      .toSorted(([a, ofA], [b, ofB]) => busyness(a) - busyness(b) || ofA.length - ofB.length);
    if (!chosen) return undefined;
    const [name, ofIt] = chosen;
    at.set(place, name);
    return ofIt.shift();
  };
  await Promise.all(
    places.map(async (place) => {
      for (let item = next(place); item; item = next(place)) await work(item, place);
    }),
  );
}
