/** SQL: a row `a` of pg_stat_activity as a person is told who holds what somebody else waits for. */
export const BACKEND_TEXT = `pg_catalog.format('process %s of %s (%s, %s)', a.pid, coalesce(a.usename, '?'),
  case when coalesce(a.application_name, '') = '' then 'no name' else a.application_name end,
  coalesce(a.state, 'state unknown'))`;
