"""Imports what DuckDB reads in a file: as CSV, piped into psql's \\copy."""
import subprocess
import sys

import duckdb

path, reader, psql, table = sys.argv[1:5]
if reader not in ("read_parquet", "read_json"):
    sys.exit(f"expected a reader, got {reader}")
copy = rf"\copy {table} from pstdin with (format csv)"
command = [psql, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--command={copy}"]
with subprocess.Popen(command, stdin=subprocess.PIPE) as copying:
    pipe = f"/dev/fd/{copying.stdin.fileno()}"
    duckdb.execute(f"copy (select * from {reader}(?)) to '{pipe}' (format csv, header false)", [path])
    copying.stdin.close()
sys.exit(copying.returncode)
