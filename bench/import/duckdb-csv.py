"""Writes what DuckDB reads in a file as CSV, to the standard output."""
import sys

import duckdb

path, reader = sys.argv[1:3]
if reader not in ("read_parquet", "read_json"):
    sys.exit(f"expected a reader, got {reader}")
duckdb.execute(f"copy (select * from {reader}(?)) to '/dev/stdout' (format csv, header false)", [path])
