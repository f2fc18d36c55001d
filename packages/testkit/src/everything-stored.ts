import type { TestAudit } from './audit.ts';

/** All bytes of all objects in the store of a test, whoever wrote them. */
export async function everythingStored({ store, storage }: TestAudit): Promise<Map<string, Buffer>> {
  const objects = new Map<string, Buffer>();
  for (let cursor: string | undefined; ; ) {
    const { blobs, next } = await store.list('', { cursor });
    for (const { key } of blobs) objects.set(key, await storage.outside.read(key));
    if (next === undefined) return objects;
    cursor = next;
  }
}
