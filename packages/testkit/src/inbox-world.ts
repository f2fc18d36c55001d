import type { JsonObject } from '@datasens/local/step-functions/json.ts';
import { keysBelow } from './expiry-world.ts';
import { type WorkflowWorld, type WorkflowWorldOptions, workflowWorld } from './workflow-world.ts';

/** The world of the workflow that imports files, with what its tests look at. */
export interface InboxWorld extends WorkflowWorld {
  /** Puts a file into the inbox; the input of an execution that imports it into its table. */
  put(text: string, name?: string): Promise<JsonObject & { readonly key: string }>;
  /** The files of the inbox, of those that were imported and of those that were refused, by what they hold, sorted. */
  files(): Promise<Record<'inbox' | 'imported' | 'rejected', string[]>>;
  /** The ids in the table `t`, in order; nothing where there is none. */
  ids(): Promise<number[] | undefined>;
  /** All that is told where it stays in the clear: histories, the journal, notifications. */
  everythingTold(): Promise<string>;
}

export async function inboxWorld(options: WorkflowWorldOptions = {}): Promise<InboxWorld> {
  const world = await workflowWorld(options);
  const { source, audit } = world.dumps;
  const { store, storage } = audit;
  const textsBelow = async (prefix: string) => {
    const keys = await keysBelow(store, prefix);
    const files = keys.filter((key) => !key.endsWith('/reading.json'));
    const texts = await Promise.all(files.map(async (key) => (await storage.outside.read(key)).toString()));
    return texts.sort();
  };
  return {
    ...world,
    async put(text, name = 'file.csv') {
      const key = `inbox/public.t/${name}`;
      const { etag } = await store.put(key, [Buffer.from(text)]);
      return { key, etag, table: 'public.t', user: 'claire' };
    },
    files: async () => ({
      inbox: await textsBelow('inbox/'),
      imported: await textsBelow('imported/'),
      rejected: await textsBelow('rejected/'),
    }),
    async ids() {
      const [{ there } = {}] = await source.sql<{ there: boolean }>(`select to_regclass('t') is not null as there`);
      if (!there) return undefined;
      return (await source.sql<{ id: string }>('select id from t order by id')).map(({ id }) => Number(id));
    },
    async everythingTold() {
      const { rows } = await audit.db.query('select detail from t39_dump_evenement');
      const events = world.api.world.journal.all('select details from event');
      return JSON.stringify([rows, events, world.told]);
    },
  };
}
