import type { BlobStore } from '@datasens/core/storage/blob-store.ts';

/** The rejects of an import, with what a person found out about its rows: `corrections` by the row as it was. */
export async function correctRejects(
  store: BlobStore,
  rejectsUri: string,
  corrections: Readonly<Record<string, string>>,
): Promise<string> {
  const key = rejectsUri.slice(store.uri.length).replace(/^\/*/, '');
  const rejects = Buffer.concat(await Array.fromAsync(store.read(key))).toString('utf8');
  return rejects.replaceAll(/^.+$/gm, (line) => {
    const { raw, ...reject } = JSON.parse(line) as { raw: string };
    return JSON.stringify({ ...reject, raw: corrections[raw] ?? raw });
  });
}
