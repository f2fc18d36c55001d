/** A table whose rows do not compress: in a dump they are more than one part of an upload. */
export const LARGE_TABLE = `create table large as
  select n, (select string_agg(md5(n::text || i), '') from generate_series(1, 32) i) as text from generate_series(1, 40000) n`;
