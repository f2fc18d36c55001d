/** Server settings as lines of a postgresql.conf. */
export function formatSettings(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = '${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'\n`)
    .join('');
}

/** A folder as one element of a list setting such as `unix_socket_directories`. */
export function quoteFolder(path: string): string {
  return `"${path.replaceAll('"', '""')}"`;
}
