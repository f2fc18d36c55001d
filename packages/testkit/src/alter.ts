import type { TestAudit } from './audit.ts';

/** Flips one bit in the middle of a stored object, past the store. */
export async function alter({ audit }: { readonly audit: TestAudit }, key: string): Promise<void> {
  const { outside } = audit.storage;
  const bytes = await outside.read(key);
  bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
  await outside.write(key, bytes);
}
