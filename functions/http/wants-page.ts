/** Whether it is a person who asks, by a browser. */
export function wantsPage(headers: Readonly<Record<string, string | undefined>>): boolean {
  return (headers.accept ?? '').includes('text/html');
}
