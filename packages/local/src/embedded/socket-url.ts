/** A connection through a Unix socket, as a URL that libpq, `pg` and WHATWG's `URL` all read. */
export function socketUrl(where: { folder: string; port: number; user: string; database: string }): string {
  const host = encodeURIComponent(where.folder);
  return `postgresql://${encodeURIComponent(where.user)}@${host}:${where.port}/${encodeURIComponent(where.database)}`;
}
