"""What DuckDB and pandas find in the catalogue below a folder: some columns of its dumps, and the types of all."""

import glob
import json
import sys

import duckdb
import pandas

COLUMNS = ["dumpId", "type", "comment", "sha256", "status"]

paths = f"{sys.argv[1]}/dumps/*.jsonl"
table = duckdb.sql(f"select * from read_json('{paths}') order by dumpId")
frame = pandas.concat(pandas.read_json(path, lines=True) for path in sorted(glob.glob(paths)))
frame = frame.sort_values("dumpId")[COLUMNS].astype(object)
rows = table.project(", ".join(f'"{name}"' for name in COLUMNS)).fetchall()
json.dump(
    {
        "duckdb": [dict(zip(COLUMNS, row)) for row in rows],
        "pandas": json.loads(frame.where(frame.notna(), None).to_json(orient="records")),
        "types": dict(zip(table.columns, map(str, table.types))),
    },
    sys.stdout,
)
