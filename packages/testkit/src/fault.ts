import type { Database, Queryable } from '@datasens/core/postgres/database.ts';
import type { BlobStore } from '@datasens/core/storage/blob-store.ts';

/** Counts the calls that reach the outside world, across every store and database that it is given to. */
export interface Steps {
  /** Calls so far, by what they do: `store put`, `query`, `write`, `commit`. */
  readonly taken: readonly string[];
  /** A call is about to be made; gives its number, 1 being the first. */
  begin(step: string): number;
  /** It has taken effect. */
  end(number: number): void;
}

/** Counts only: a run with it tells how many steps there are to fail. */
export function countSteps(): Steps {
  return faultAt(0, 'before', () => undefined);
}

const CHANGES = /^(store (put|copy|delete|deleteVersion|discardUnfinished|setTags|setStorageClass)|write|commit)$/;

/** The numbers of the steps that change what is stored, or commit: a crash in between finds what the last of them left. */
export function changesAmong(taken: readonly string[]): number[] {
  return taken.flatMap((name, index) => (CHANGES.test(name) ? [index + 1] : []));
}

/** At step `n`, before or after its effect, and ever after, each call throws `crash`. */
export function crashAt(n: number, when: 'before' | 'after'): Steps {
  return faultAt(n, when, () => {
    throw new Error('crash');
  });
}

/** After the effect of the `n`-th step that changes what is stored, and ever after, each call throws `crash`: only those are counted. */
export function crashAfterChange(n: number): Steps {
  const crash = crashAt(n, 'after');
  return {
    taken: crash.taken,
    begin: (name) => (CHANGES.test(name) || crash.taken.length >= n ? crash.begin(name) : 0),
    end: (number) => crash.end(number),
  };
}

/** Ends this process by SIGKILL before or after the effect of step `n`: for child processes. */
export function killAt(n: number, when: 'before' | 'after'): Steps {
  return faultAt(n, when, () => process.kill(process.pid, 'SIGKILL'));
}

function faultAt(n: number, when: 'before' | 'after', fault: () => unknown): Steps {
  const taken: string[] = [];
  return {
    taken,
    begin(step) {
      const number = taken.push(step);
      if (n > 0 && (number > n || (number === n && when === 'before'))) fault();
      return number;
    },
    end(number) {
      if (number === n) fault();
    },
  };
}

async function step<T>(steps: Steps, name: string, run: () => Promise<T>): Promise<T> {
  const number = steps.begin(name);
  const result = await run();
  steps.end(number);
  return result;
}

/** The store, with each call a step. A read is one step, at its first chunk. */
export function faultyStore(store: BlobStore, steps: Steps): BlobStore {
  return {
    uri: store.uri,
    uriOf: (key) => store.uriOf(key),
    put: (...args) => step(steps, 'store put', () => store.put(...args)),
    async *read(...args) {
      steps.end(steps.begin('store read'));
      yield* store.read(...args);
    },
    head: (...args) => step(steps, 'store head', () => store.head(...args)),
    list: (...args) => step(steps, 'store list', () => store.list(...args)),
    copy: (...args) => step(steps, 'store copy', () => store.copy(...args)),
    delete: (...args) => step(steps, 'store delete', () => store.delete(...args)),
    tags: (...args) => step(steps, 'store tags', () => store.tags(...args)),
    setTags: (...args) => step(steps, 'store setTags', () => store.setTags(...args)),
    setStorageClass: (...args) => step(steps, 'store setStorageClass', () => store.setStorageClass(...args)),
    versions: (...args) => step(steps, 'store versions', () => store.versions(...args)),
    deleteVersion: (...args) => step(steps, 'store deleteVersion', () => store.deleteVersion(...args)),
    async *unfinished(...args) {
      steps.end(steps.begin('store unfinished'));
      yield* store.unfinished(...args);
    },
    discardUnfinished: (...args) => step(steps, 'store discardUnfinished', () => store.discardUnfinished(...args)),
  };
}

/**
 * The database, with each statement a step. A commit is one, too: a fault before it rolls the transaction back, one
 * after it comes when the commit is durable and its caller does not know.
 */
export function faultyDatabase(db: Database, steps: Steps): Database {
  return {
    query: (sql, params) => step(steps, nameOf(sql), () => db.query(sql, params)),
    transaction: async (work) => {
      let commit = 0;
      const result = await db.transaction(async (tx) => {
        const worked = await work(faultyTransaction(tx, steps));
        commit = steps.begin('commit');
        return worked;
      });
      steps.end(commit);
      return result;
    },
    session: (work) => db.session((session) => work(faultyTransaction(session, steps))),
    end: () => db.end(),
    [Symbol.asyncDispose]: () => db[Symbol.asyncDispose](),
  };
}

/** On its own, a statement that writes is a change; in a transaction that is the commit. */
function nameOf(sql: string): string {
  return /^\s*(insert|update|delete)\b/i.test(sql) ? 'write' : 'query';
}

function faultyTransaction(tx: Queryable, steps: Steps): Queryable {
  return { query: (sql, params) => step(steps, 'query', () => tx.query(sql, params)) };
}
