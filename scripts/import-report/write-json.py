"""Writes JSON and NDJSON by pandas, Polars and DuckDB, and what they were given.

    pip install pandas polars duckdb
    python scripts/import-report/write-json.py DIR

Each file NAME has its place in DIR/expected.json: `writer`, `what`, `columns`, `types` of PostgreSQL, and `rows` of texts, as the
values went into the writer; null is null. Times are ISO 8601 with a space, values of nested columns are JSON, numbers are as Python
writes them. Where a writer has no such type and writes another, the type says so.
"""

import datetime as dt
import decimal
import json
import pathlib
import sys

import duckdb
import pandas as pd
import polars as pl

out = pathlib.Path(sys.argv[1])
out.mkdir(parents=True, exist_ok=True)
expected = {}
PANDAS, POLARS, DUCKDB = f"pandas {pd.__version__}", f"Polars {pl.__version__}", f"DuckDB {duckdb.__version__}"
# More rows than a look at the beginning takes in.
LONG = 30_000

TEXTS = ["plain", 'quote " and \\ and / and \t', "line\nbreak\r\n", "Zoë € 😀 \u2028", "", "00123", "true", None]
INTEGERS = [0, 1, -1, 9007199254740993, 9223372036854775807, -9223372036854775808, 42, None]
FLOATS = [0.1, -1.5, 1e-7, 1e22, 123456.789, 2.0, 0.0, None]
FLAGS = [True, False, None, True, False, None, True, False]
DATES = [dt.date(2026, 1, d + 1) if d != 3 else None for d in range(8)]
TIMES = [dt.datetime(2026, 1, d + 1, 3, 4, 5, 123456) if d != 4 else None for d in range(8)]
LISTS = [[1, 2], [], [3], None, [4, 5, 6], [7], [8], [9]]
STRUCTS = [{"k": i, "s": t} for i, t in enumerate(["a", "é", '"', "", "b", "c", "d", "e"])]
DECIMALS = [decimal.Decimal("1234567890123456.78"), decimal.Decimal("-0.01"), None] + [decimal.Decimal("2.50")] * 5


def text(value):
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, dict)):
        return json.dumps(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    return str(value) if not isinstance(value, float) else repr(value)


def expect(name, writer, what, **columns):
    """Each column is (type, values)."""
    names = list(columns)
    rows = [[text(columns[n][1][i]) for n in names] for i in range(len(columns[names[0]][1]))]
    expected[name] = {"writer": writer, "what": what, "columns": names, "types": [columns[n][0] for n in names], "rows": rows}


def by_pandas():
    frame = pd.DataFrame(
        {
            "integer": pd.array(INTEGERS, dtype="Int64"),
            "float": pd.array(FLOATS, dtype="Float64"),
            "flag": pd.array(FLAGS, dtype="boolean"),
            "text": TEXTS,
            "list": LISTS,
            "struct": STRUCTS,
        }
    )
    given = {
        "integer": ("bigint", INTEGERS),
        "float": ("double precision", FLOATS),
        "flag": ("boolean", FLAGS),
        "text": ("text", TEXTS),
        "list": ("jsonb", LISTS),
        "struct": ("jsonb", STRUCTS),
    }
    frame.to_json(out / "pandas-records.json", orient="records")
    frame.to_json(out / "pandas-lines.ndjson", orient="records", lines=True)
    frame.to_json(out / "pandas-indent.json", orient="records", indent=2, force_ascii=False)
    frame.to_json(out / "pandas-lines.ndjson.gz", orient="records", lines=True)
    expect("pandas-records.json", PANDAS, "orient records", **given)
    expect("pandas-lines.ndjson", PANDAS, "orient records, lines", **given)
    expect("pandas-lines.ndjson.gz", PANDAS, "orient records, lines, gzip", **given)
    expect("pandas-indent.json", PANDAS, "orient records, indented, not in ASCII", **given)
    times = pd.DataFrame({"time": pd.to_datetime(TIMES)})
    times.to_json(out / "pandas-times.json", orient="records", date_format="iso", date_unit="us")
    expect("pandas-times.json", PANDAS, "times as ISO 8601", time=("timestamp", TIMES))
    table = pd.DataFrame({"integer": [1, 2], "text": ["a", "b"]})
    table.to_json(out / "pandas-table.json", orient="table", index=False)
    expect("pandas-table.json", PANDAS, "orient table", integer=("bigint", [1, 2]), text=("text", ["a", "b"]))
    expected["pandas-table.json"]["records"] = "data"


def by_polars():
    frame = pl.DataFrame(
        {
            "integer": pl.Series(INTEGERS, dtype=pl.Int64),
            "float": pl.Series(FLOATS, dtype=pl.Float64),
            "flag": FLAGS,
            "text": TEXTS,
            "date": DATES,
            "time": pl.Series(TIMES, dtype=pl.Datetime("us")),
            "list": LISTS,
            "struct": STRUCTS,
            "decimal": pl.Series(DECIMALS, dtype=pl.Decimal(20, 2)),
        }
    )
    given = {
        "integer": ("bigint", INTEGERS),
        "float": ("double precision", FLOATS),
        "flag": ("boolean", FLAGS),
        "text": ("text", TEXTS),
        "date": ("date", DATES),
        "time": ("timestamp", TIMES),
        "list": ("jsonb", LISTS),
        "struct": ("jsonb", STRUCTS),
        # Polars writes them as strings.
        "decimal": ("text", DECIMALS),
    }
    frame.write_json(out / "polars.json")
    frame.write_ndjson(out / "polars.ndjson")
    expect("polars.json", POLARS, "write_json", **given)
    expect("polars.ndjson", POLARS, "write_ndjson", **given)
    frame = pl.DataFrame({"id": range(LONG), "late": [None] * (LONG - 1) + ["x"], "n": [i / 8 for i in range(LONG)]})
    frame.write_ndjson(out / "polars-long.ndjson")
    expect(
        "polars-long.ndjson",
        POLARS,
        f"{LONG:,} rows, a column of nulls but for the last",
        id=("bigint", list(range(LONG))),
        late=("text", frame["late"].to_list()),
        n=("numeric", frame["n"].to_list()),
    )


def by_duckdb():
    database = duckdb.connect()
    database.execute(
        """create table t (integer bigint, float double, flag boolean, text text, date date, time timestamp,
           list integer[], struct struct(k integer, s text), decimal decimal(20, 2), huge hugeint)"""
    )
    huge = [2**100, -(2**99), None, 1, 2, 3, 4, 5]
    columns = [INTEGERS, FLOATS, FLAGS, TEXTS, DATES, TIMES, LISTS, STRUCTS, DECIMALS, huge]
    database.executemany("insert into t values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", [list(row) for row in zip(*columns)])
    given = {
        "integer": ("bigint", INTEGERS),
        "float": ("double precision", FLOATS),
        "flag": ("boolean", FLAGS),
        "text": ("text", TEXTS),
        "date": ("date", DATES),
        "time": ("timestamp", TIMES),
        "list": ("jsonb", LISTS),
        "struct": ("jsonb", STRUCTS),
        "decimal": ("numeric", DECIMALS),
        "huge": ("numeric", huge),
    }
    for name, options in {
        "duckdb.json": "format json",
        "duckdb-array.json": "format json, array true",
        "duckdb.ndjson.gz": "format json, compression gzip",
    }.items():
        database.execute(f"copy t to '{out / name}' ({options})")
        expect(name, DUCKDB, options, **given)
    database.execute("set timezone = 'UTC'")
    types = {
        "uuid": ("uuid", "uuid", ["12345678-1234-5678-1234-567812345678", None]),
        "zoned": ("timestamptz", "timestamptz", ["2026-01-01 03:04:05.123456+00", None]),
        "clock": ("text", "time", ["03:04:05.123456", None]),
        "unsigned": ("numeric", "ubigint", [2**64 - 1, None]),
        "tiny": ("bigint", "tinyint", [-128, 127]),
        "real": ("numeric", "float", [0.5, None]),
        "enum": ("text", "enum('x', 'y')", ["x", "y"]),
        "map": ("jsonb", "map(varchar, integer)", [{"a": 1, "b": None}, None]),
        "deep": ("jsonb", "struct(x integer[], y struct(z varchar))[]", [[{"x": [1, None], "y": {"z": 'é"'}}], []]),
        "json": ("jsonb", "json", [{"a": [1, {"b": None}]}, None]),
        "blob": ("text", "blob", ["abc", None]),
    }
    columns = ", ".join(f"{name} {sql}" for name, (_, sql, _) in types.items())
    database.execute(f"create table types ({columns})")
    for row in range(2):
        values = [values[row] for _, _, values in types.values()]
        given = [json.dumps(v) if sql == "json" and v else v for v, (_, sql, _) in zip(values, types.values())]
        database.execute(f"insert into types values ({', '.join('?' * len(given))})", given)
    database.execute(f"copy types to '{out / 'duckdb-types.ndjson'}' (format json)")
    expect("duckdb-types.ndjson", DUCKDB, "other types", **{name: (kind, values) for name, (kind, _, values) in types.items()})
    special = out / "duckdb-special.json"
    database.execute(f"copy (select 'NaN'::double a, '-infinity'::double b) to '{special}' (format json)")
    expect(special.name, DUCKDB, "numbers that JSON has none for", a=("double precision", ["NaN"]), b=("double precision", ["-Infinity"]))


by_pandas()
by_polars()
by_duckdb()
(out / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n")
