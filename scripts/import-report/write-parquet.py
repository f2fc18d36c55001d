"""
Writes Parquet files by pyarrow, pandas, polars, fastparquet and DuckDB, and beside each what went in.

    python write-parquet.py FOLDER

NAME.parquet has NAME.json: {"writer", "what", "columns": [{"name", "kind"}], "rows": [[text or null, …], …]}. A value
is text as the tool's own objects have it (never read back from the file), in a form for its kind: `int` and `decimal`
digits, `float` and `float32` the shortest repr, `bytes` hex, `date`, `time` and `timestamp` ISO 8601 with all their
digits, `json` a JSON text with exact numbers. A case with "refused" is one that must be refused.
"""

import datetime as dt
import decimal
import json
import math
import os
import sys
import uuid

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

OUT = sys.argv[1]
os.makedirs(OUT, exist_ok=True)
D = decimal.Decimal
decimal.getcontext().prec = 200
UTC = dt.timezone.utc
TEXTS = ["", "a", "Été à Nîmes", "日本語", "😀 x", "tab\there", 'quote " and \\', "line\nbreak", "x" * 300, " ", "NULL", "\\N", "null"]


# What a value is as text


def digits(value):
    return format(value, "f") if isinstance(value, D) else str(int(value))


def real(value):
    value = float(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return repr(value)


def clock(hour, minute, second, nanos):
    text = f"{hour:02d}:{minute:02d}:{second:02d}"
    return text if nanos == 0 else f"{text}.{nanos:09d}".rstrip("0")


def moment(value, zone=False):
    """A datetime, or (datetime to the second, nanoseconds)."""
    if isinstance(value, tuple):
        value, nanos = value
    else:
        nanos = value.microsecond * 1000
    if value.tzinfo is not None:
        value, zone = value.astimezone(UTC), True
    date = f"{value.year:04d}-{value.month:02d}-{value.day:02d}"
    return f"{date}T{clock(value.hour, value.minute, value.second, nanos)}{'Z' if zone else ''}"


def span(value):
    """An interval as months, days, microseconds."""
    return f"{value[0]} {value[1]} {value[2]}"


def to_json(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, D):
        return format(value, "f")
    if isinstance(value, (float, np.floating)):
        text = real(value)
        return f'"{text}"' if text[-1] in "Ny" else text
    if isinstance(value, (bytes, bytearray)):
        return json.dumps("\\x" + bytes(value).hex())
    if isinstance(value, dt.datetime):
        return json.dumps(moment(value))
    if isinstance(value, dt.date):
        return json.dumps(value.isoformat())
    if isinstance(value, dt.time):
        return json.dumps(clock(value.hour, value.minute, value.second, value.microsecond * 1000))
    if isinstance(value, uuid.UUID):
        return json.dumps(str(value))
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key if isinstance(key, str) else str(key), ensure_ascii=False)}: {to_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, tuple) and len(value) == 2 and value[0] == "map":
        return to_json(dict(value[1]))
    return "[" + ", ".join(to_json(item) for item in value) + "]"


TEXT = {
    "int": digits,
    "decimal": digits,
    "float": real,
    "float32": lambda value: real(np.float32(value)),
    "bool": lambda value: "true" if value else "false",
    "text": str,
    "bytes": lambda value: bytes(value).hex(),
    "date": lambda value: value if isinstance(value, str) else value.isoformat(),
    "time": lambda value: value if isinstance(value, str) else clock(value.hour, value.minute, value.second, value.microsecond * 1000),
    "timestamp": moment,
    "timestamptz": lambda value: moment(value, True),
    "uuid": str,
    "interval": span,
    "json": to_json,
}

names = set()


def expect(name, writer, what, columns, refused=False):
    """columns: [(name, kind, [values])]. The file is there already."""
    assert name not in names, name
    names.add(name)
    rows = [list(row) for row in zip(*[[None if v is None else TEXT[kind](v) for v in values] for _, kind, values in columns])]
    case = {"writer": writer, "what": what, "columns": [{"name": n, "kind": k} for n, k, _ in columns], "rows": rows}
    if refused:
        case["refused"] = True
    with open(f"{OUT}/{name}.json", "w", encoding="utf-8") as file:
        json.dump(case, file, ensure_ascii=False)


def path(name):
    return f"{OUT}/{name}.parquet"


# Values. Every list has nulls, and the ends of what its type can hold.

N = 40


def cycle(values, n=N):
    return [values[i % len(values)] for i in range(n)]


def ints(bits, signed=True):
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return cycle([low, high, 0, 1, None, 42, high - 1, low + 1])


FLOATS = cycle([0.0, -0.0, 1.5, -2.25, 1e300, 5e-324, 0.1, math.nan, math.inf, -math.inf, None, 1 / 3, 123456789.123456789])
FLOATS32 = cycle([0.0, 1.5, 0.1, 3.4028234663852886e38, 1e-45, math.nan, math.inf, None, 16777217.0, -1 / 3])
HALVES = [None if v is None else float(np.float16(v)) for v in cycle([0.0, 1.5, -2.0, 65504.0, 6e-08, None, 0.333251953125, math.inf])]
DATES = cycle([dt.date(1970, 1, 1), dt.date(2024, 2, 29), dt.date(1, 1, 1), dt.date(9999, 12, 31), dt.date(1900, 3, 1), None, dt.date(1969, 12, 31)])
MICROS = cycle([dt.datetime(1970, 1, 1), dt.datetime(2024, 2, 29, 12, 34, 56, 123456), dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59, 999999), None, dt.datetime(1969, 12, 31, 23, 59, 59, 999999)])
MILLIS = [None if v is None else v.replace(microsecond=v.microsecond // 1000 * 1000) for v in MICROS]
SECONDS = [None if v is None else v.replace(microsecond=0) for v in MICROS]
NEAR = cycle([dt.datetime(1970, 1, 1), dt.datetime(2024, 2, 29, 12, 34, 56, 123456), dt.datetime(1700, 1, 1), dt.datetime(2262, 1, 1), None])
TIMES = cycle([dt.time(0), dt.time(12, 34, 56, 789012), dt.time(23, 59, 59, 999999), None])
TIMES_MS = [None if v is None else v.replace(microsecond=v.microsecond // 1000 * 1000) for v in TIMES]
BYTES = cycle([b"", b"\x00\xff", b"abc", None, bytes(range(256)), "é".encode()])
STRINGS = cycle(TEXTS + [None])
UUIDS = cycle([uuid.UUID(int=0), uuid.UUID("12345678-1234-5678-1234-567812345678"), uuid.UUID(int=2**128 - 1), None])
BOOLS = cycle([True, False, None, True, True])
LISTS = cycle([[1, 2, 3], [], None, [None, -5], [2**62]])
STRUCTS = cycle([{"a": 1, "b": "x"}, {"a": None, "b": None}, None, {"a": 2**60, "b": "é\n"}])
MAPS = cycle([("map", [("k", 1), ("l", None)]), ("map", []), None, ("map", [("é", 2)])])
DEEP = cycle([[{"x": [1.5, None], "y": {"z": D("1.10")}}, None], [], None, [{"x": [], "y": None}, {"x": None, "y": {"z": None}}]])


def decimals(precision, scale):
    top = D(10**precision - 1).scaleb(-scale)
    return cycle([top, -top, D(0).scaleb(-scale), D(1).scaleb(-scale), None, D(12345 % 10**precision).scaleb(-scale)])


# pyarrow

PA = f"pyarrow {pa.__version__}"


def pa_columns():
    out = []
    for bits in (8, 16, 32, 64):
        out.append((f"int{bits}", "int", ints(bits), getattr(pa, f"int{bits}")()))
        out.append((f"uint{bits}", "int", ints(bits, False), getattr(pa, f"uint{bits}")()))
    out += [
        ("float16", "float32", HALVES, pa.float16()),
        ("float32", "float32", FLOATS32, pa.float32()),
        ("float64", "float", FLOATS, pa.float64()),
        ("bool", "bool", BOOLS, pa.bool_()),
        ("string", "text", STRINGS, pa.string()),
        ("large_string", "text", STRINGS, pa.large_string()),
        ("string_view", "text", STRINGS, pa.string_view()),
        ("binary", "bytes", BYTES, pa.binary()),
        ("fixed", "bytes", cycle([b"abc", b"\x00\x01\x02", None]), pa.binary(3)),
        ("dictionary", "text", STRINGS, pa.dictionary(pa.int32(), pa.string())),
        ("date32", "date", DATES, pa.date32()),
        ("date64", "date", DATES, pa.date64()),
        ("time_ms", "time", TIMES_MS, pa.time32("ms")),
        ("time_us", "time", TIMES, pa.time64("us")),
        ("time_ns", "time", TIMES, pa.time64("ns")),
        ("ts_s", "timestamp", SECONDS, pa.timestamp("s")),
        ("ts_ms", "timestamp", MILLIS, pa.timestamp("ms")),
        ("ts_us", "timestamp", MICROS, pa.timestamp("us")),
        ("ts_ns", "timestamp", NEAR, pa.timestamp("ns")),
        ("tz_us", "timestamptz", MICROS, pa.timestamp("us", "UTC")),
        ("tz_paris", "timestamptz", MILLIS, pa.timestamp("ms", "UTC")),
        ("decimal_9_2", "decimal", decimals(9, 2), pa.decimal128(9, 2)),
        ("decimal_18_0", "decimal", decimals(18, 0), pa.decimal128(18, 0)),
        ("decimal_18_6", "decimal", decimals(18, 6), pa.decimal128(18, 6)),
        ("decimal_38_10", "decimal", decimals(38, 10), pa.decimal128(38, 10)),
        ("decimal_38_38", "decimal", decimals(38, 38), pa.decimal128(38, 38)),
        ("decimal_76_30", "decimal", decimals(76, 30), pa.decimal256(76, 30)),
        ("decimal_1_1", "decimal", decimals(1, 1), pa.decimal128(1, 1)),
        ("null", "text", [None] * N, pa.null()),
        ("all_null", "int", [None] * N, pa.int64()),
        ("uuid", "uuid", UUIDS, pa.uuid()),
        ("json", "text", cycle(['{"a": 1.10}', "[]", None, '"x"']), pa.json_()),
        ("list", "json", LISTS, pa.list_(pa.int64())),
        ("large_list", "json", LISTS, pa.large_list(pa.int64())),
        ("fixed_list", "json", cycle([[1.5, 2.5], None, [None, math.nan]]), pa.list_(pa.float64(), 2)),
        ("struct", "json", STRUCTS, pa.struct([("a", pa.int64()), ("b", pa.string())])),
        ("map", "json", MAPS, pa.map_(pa.string(), pa.int32())),
        ("map_int", "json", cycle([("map", [(1, "a"), (-2, None)]), None]), pa.map_(pa.int32(), pa.string())),
        ("deep", "json", DEEP, pa.list_(pa.struct([("x", pa.list_(pa.float64())), ("y", pa.struct([("z", pa.decimal128(5, 2))]))]))),
        ("list_list", "json", cycle([[[1], [], None, [2, None]], [], None, [[]]]), pa.list_(pa.list_(pa.int32()))),
        ("list_bytes", "json", cycle([[b"\x00\xff", None], None]), pa.list_(pa.binary())),
        ("list_float32", "json", cycle([[float(np.float32(0.1)), math.inf, None], None]), pa.list_(pa.float32())),
        ("list_uint64", "json", cycle([[2**64 - 1, 0], None]), pa.list_(pa.uint64())),
        ("list_dates", "json", cycle([[dt.date(2024, 2, 29)], None]), pa.list_(pa.date32())),
        ("list_times", "json", cycle([[dt.datetime(2024, 2, 29, 1, 2, 3, 456000)], None]), pa.list_(pa.timestamp("us"))),
        ("list_text", "json", cycle([["a", "", "é\"\\"], None]), pa.list_(pa.string())),
        ("map_list", "json", cycle([("map", [("a", [1, None]), ("b", None)]), None]), pa.map_(pa.string(), pa.list_(pa.int16()))),
        ("struct_deep", "json", cycle([{"p": {"q": {"r": 1}}}, {"p": {"q": None}}, {"p": None}, None]), pa.struct([("p", pa.struct([("q", pa.struct([("r", pa.int8())]))]))])),
    ]
    return out


def bare(value):
    """Maps as pyarrow takes them."""
    if isinstance(value, tuple) and len(value) == 2 and value[0] == "map":
        return [(k, bare(v)) for k, v in value[1]]
    if isinstance(value, list):
        return [bare(v) for v in value]
    return value


def pa_array(values, kind):
    if pa.types.is_float16(kind):
        return pa.array([None if v is None else np.float16(v) for v in values], kind)
    if str(kind) == "extension<arrow.uuid>":
        return pa.ExtensionArray.from_storage(kind, pa.array([None if v is None else v.bytes for v in values], pa.binary(16)))
    if str(kind).startswith("extension<arrow.json"):
        return pa.ExtensionArray.from_storage(kind, pa.array(values, pa.string()))
    if pa.types.is_dictionary(kind):
        return pa.array(values, pa.string()).dictionary_encode()
    return pa.array([bare(v) for v in values], kind)


def pa_write(name, what, columns, refused=False, times=1, **options):
    """Each column (name, kind, values, type), repeated `times`."""
    columns = [(n, k, v * times, t) for n, k, v, t in columns]
    table = pa.table([pa_array(v, t) for _, _, v, t in columns], names=[n for n, _, _, _ in columns])
    pq.write_table(table, path(name), **options)
    expect(name, PA, what, [(n, k, v) for n, k, v, _ in columns], refused)


ALL = pa_columns()
FLAT = [c for c in ALL if c[1] != "json" and c[0] not in ("null",)]
BASIC = [c for c in ALL if c[0] in ("int32", "int64", "float64", "bool", "string", "ts_us", "decimal_9_2", "list", "struct", "map")]

for column in ALL:
    pa_write(f"pyarrow-type-{column[0]}", f"the type {column[3]}", [column])
pa_write("pyarrow-all-types", "all types in one table", ALL)
for codec in ("none", "snappy", "gzip", "brotli", "zstd", "lz4"):
    for page in ("1.0", "2.0"):
        pa_write(f"pyarrow-codec-{codec}-v{page[0]}", f"codec {codec}, data pages {page}", BASIC, compression=codec, data_page_version=page, times=20)
for version in ("1.0", "2.4", "2.6"):
    columns = [c for c in BASIC if c[0] not in ("ts_us",)] + [c for c in ALL if c[0] in ("ts_ms", "uint32", "uint8", "date32", "time_ms")]
    pa_write(f"pyarrow-format-{version}", f"version {version} of the format", columns, version=version)
INTS = [c for c in ALL if c[0].startswith(("int", "uint"))]
for encoding, columns in {
    "DELTA_BINARY_PACKED": INTS + [c for c in ALL if c[0] in ("ts_us", "date32", "time_us")],
    "DELTA_LENGTH_BYTE_ARRAY": [c for c in ALL if c[0] in ("string", "binary", "large_string")],
    "DELTA_BYTE_ARRAY": [c for c in ALL if c[0] in ("string", "binary", "fixed", "decimal_38_10")],
    "BYTE_STREAM_SPLIT": [c for c in ALL if c[0] in ("int32", "int64", "float32", "float64", "float16", "fixed", "decimal_38_10", "ts_us")],
    "PLAIN": FLAT,
}.items():
    for page in ("1.0", "2.0"):
        pa_write(f"pyarrow-encoding-{encoding.lower()}-v{page[0]}", f"encoding {encoding}, data pages {page}", columns, use_dictionary=False, column_encoding={c[0]: encoding for c in columns}, data_page_version=page, times=30)
RNG = np.random.default_rng(7)
WALK = [int(v) for v in np.cumsum(RNG.integers(-(2**40), 2**40, 5000))]
EDGES = [int(v) for v in RNG.choice([-(2**63), 2**63 - 1, 0, 1, -1], 5000)]
for name, values in (("walk", WALK), ("edges", EDGES), ("steps", list(range(5000)))):
    pa_write(f"pyarrow-delta-{name}", f"DELTA_BINARY_PACKED: {name} of 64 bits", [("v", "int", values, pa.int64())], use_dictionary=False, column_encoding={"v": "DELTA_BINARY_PACKED"})
    narrow = [((v + 2**31) % 2**32) - 2**31 for v in values]
    pa_write(f"pyarrow-delta-{name}-32", f"DELTA_BINARY_PACKED: {name} of 32 bits", [("v", "int", narrow, pa.int32())], use_dictionary=False, column_encoding={"v": "DELTA_BINARY_PACKED"})
pa_write("pyarrow-small-pages", "pages of 512 bytes, row groups of 300 rows", BASIC, times=30, data_page_size=512, row_group_size=300, write_batch_size=16)
pa_write("pyarrow-small-pages-v2", "the same, data pages 2.0", BASIC, times=30, data_page_size=512, row_group_size=300, write_batch_size=16, data_page_version="2.0")
pa_write("pyarrow-small-dictionary", "dictionaries that overflow into plain pages", [("s", "text", [f"value {i}" for i in range(5000)], pa.string())], dictionary_pagesize_limit=1024, data_page_size=4096)
pa_write("pyarrow-checksums", "pages with checksums", BASIC, write_page_checksum=True)
pa_write("pyarrow-checksums-v2", "pages 2.0 with checksums", BASIC, write_page_checksum=True, data_page_version="2.0")
pa_write("pyarrow-page-index", "with a page index", BASIC, write_page_index=True)
pa_write("pyarrow-no-statistics", "no statistics, no Arrow schema", BASIC, write_statistics=False, store_schema=False)
pa_write("pyarrow-int96", "timestamps as INT96", [c for c in ALL if c[0] in ("ts_us", "ts_ns")] [1:] + [("old", "timestamp", NEAR, pa.timestamp("us"))], use_deprecated_int96_timestamps=True)
pa_write("pyarrow-coerced", "timestamps coerced to milliseconds", [("t", "timestamp", MILLIS, pa.timestamp("ms"))], coerce_timestamps="ms")
pa_write("pyarrow-lists-2-level", "names of list elements as older writers have them", [c for c in ALL if c[0] in ("list", "deep", "list_list", "map_list")], use_compliant_nested_type=False)
pa_write("pyarrow-decimal-integers", "short decimals as integers", [c for c in ALL if c[0].startswith("decimal")], store_decimal_as_integer=True)
pa_write("pyarrow-no-rows", "a table without rows", [(n, k, [], t) for n, k, _, t in BASIC])
pa_write("pyarrow-names", "names that are empty, in two cases, long, of two lines", [(n, "int", [1, None], pa.int32()) for n in ("", "a", "A", "n" * 90, "line\nbreak", 'quo"te', "é", "select")])
pa_write("pyarrow-required", "columns that are not nullable", [("a", "int", list(range(50)), pa.int32())])
required = pa.schema([pa.field("a", pa.int64(), nullable=False), pa.field("s", pa.string(), nullable=False), pa.field("l", pa.list_(pa.field("element", pa.int32(), nullable=False)), nullable=False)])
rows = {"a": list(range(50)), "s": [str(i) for i in range(50)], "l": [[i] * (i % 4) for i in range(50)]}
pq.write_table(pa.table(rows, schema=required), path("pyarrow-not-null"))
expect("pyarrow-not-null", PA, "columns and elements that are not nullable", [("a", "int", rows["a"]), ("s", "text", rows["s"]), ("l", "json", rows["l"])])
pa_write("pyarrow-wide", "1,000 columns", [(f"c{i}", "int", [i, None], pa.int32()) for i in range(1000)])
pa_write("pyarrow-long-values", "values of megabytes", [("s", "text", ["é" * 500_000, None, "x" * 9_000_000], pa.string()), ("l", "json", [list(range(50_000)), None, []], pa.list_(pa.int32()))])
SPAN = [dt.timedelta(days=1, microseconds=5), None, dt.timedelta(0), -dt.timedelta(seconds=1)]
pq.write_table(pa.table({"d": pa.array(SPAN, pa.duration("us"))}), path("pyarrow-duration"))
expect("pyarrow-duration", PA, "durations, which are integers in Parquet", [("d", "int", [None if v is None else v // dt.timedelta(microseconds=1) for v in SPAN])])
with pq.ParquetWriter(path("pyarrow-many-groups"), pa.schema([("i", pa.int64()), ("s", pa.string())])) as writer:
    for i in range(50):
        writer.write_table(pa.table({"i": pa.array([i, None], pa.int64()), "s": [str(i), "x"]}))
expect("pyarrow-many-groups", PA, "50 row groups of 2 rows", [("i", "int", [v for i in range(50) for v in (i, None)]), ("s", "text", [v for i in range(50) for v in (str(i), "x")])])

NANOS = [(dt.datetime(2024, 1, 1), 1), (dt.datetime(2024, 1, 1), 123456789), None]
table = pa.table({"t": pa.array([None if v is None else int(v[0].replace(tzinfo=UTC).timestamp()) * 10**9 + v[1] for v in NANOS], pa.timestamp("ns"))})
pq.write_table(table, path("pyarrow-nanoseconds"))
expect("pyarrow-nanoseconds", PA, "nanoseconds that are no microseconds", [("t", "timestamp", NANOS)])
pq.write_table(table, path("pyarrow-nanoseconds-int96"), use_deprecated_int96_timestamps=True)
expect("pyarrow-nanoseconds-int96", PA, "the same as INT96", [("t", "timestamp", NANOS)])
pa_write("pyarrow-nul", "text with NUL characters, which PostgreSQL cannot store", [("s", "text", ["a", "b\0c"], pa.string())], refused=True)
FAR = pa.array([10**8, 0], pa.int32()).cast(pa.date32())
pq.write_table(pa.table({"d": FAR}), path("pyarrow-far-dates"))
expect("pyarrow-far-dates", PA, "a date in the year 275760", [("d", "date", ["275760-09-13", "1970-01-01"])])
FARTHER = pa.array([2_147_483_647, 0], pa.int32()).cast(pa.date32())
pq.write_table(pa.table({"d": FARTHER}), path("pyarrow-farther-dates"))
expect("pyarrow-farther-dates", PA, "a date beyond the last of PostgreSQL", [("d", "date", ["5881580-07-11", "1970-01-01"])])
try:
    import pyarrow.parquet.encryption as pe

    class Plain(pe.KmsClient):
        def __init__(self, _):
            super().__init__()

        def wrap_key(self, key, _):
            return key.hex()

        def unwrap_key(self, key, _):
            return bytes.fromhex(key)

    for plain in (False, True):
        config = pe.EncryptionConfiguration(footer_key="f", column_keys={"c": ["a"]}, plaintext_footer=plain)
        props = pe.CryptoFactory(lambda c: Plain(c)).file_encryption_properties(pe.KmsConnectionConfig(), config)
        name = f"pyarrow-encrypted-{'column' if plain else 'footer'}"
        with pq.ParquetWriter(path(name), pa.schema([("a", pa.int32())]), encryption_properties=props) as writer:
            writer.write_table(pa.table({"a": pa.array([1], pa.int32())}))
        expect(name, PA, f"encrypted, {'columns alone' if plain else 'the footer, too'}", [("a", "int", [1])], True)
except ImportError as error:
    print("no encryption in this pyarrow:", error, file=sys.stderr)

# pandas, with its two engines

WHEN = [dt.datetime(2024, 1, 1, 1, 2, 3, 456789), None, dt.datetime(1999, 12, 31), dt.datetime(2024, 6, 1)]
PANDAS = [
    ("i", "int", [1, 2, 3, -4], "int64"),
    ("gap", "int", [1, None, 3, -4], "Int64"),
    ("float_gap", "float", [1.0, None, 3.0, 2.5], "float64"),
    ("f", "float", [1.5, -0.1, 1e100, 0.0], "float64"),
    ("f4", "float32", [1.5, 0.1, 3.0, -1.0], "float32"),
    ("s", "text", ["a", None, "é", ""], "object"),
    ("string", "text", ["a", None, "é", ""], "string"),
    ("b", "bool", [True, False, True, True], "bool"),
    ("boolean", "bool", [True, None, True, False], "boolean"),
    ("when", "timestamp", WHEN, "datetime64[ns]"),
    ("cat", "text", ["x", "y", None, "x"], "category"),
    ("small", "int", [1, 2, 3, -4], "int8"),
    ("u", "int", [2**64 - 1, 0, 1, 2], "uint64"),
]
def pandas_frame(columns):
    return pd.DataFrame({n: pd.Series(v, dtype=t) for n, _, v, t in columns})


for engine in ("pyarrow", "fastparquet"):
    try:
        module = __import__(engine)
    except ImportError:
        continue
    writer = f"pandas {pd.__version__}, {engine} {module.__version__}"
    for codec in (("snappy", "gzip", "brotli", "zstd", "lz4", None) if engine == "pyarrow" else ("snappy", "gzip", "zstd", "lz4", "brotli", None)):
        name = f"pandas-{engine}-{codec or 'none'}"
        try:
            pandas_frame(PANDAS).to_parquet(path(name), engine=engine, compression=codec)
        except Exception as error:
            print(f"{name}: {error}", file=sys.stderr)
            if os.path.exists(path(name)):
                os.remove(path(name))
            continue
        expect(name, writer, f"defaults, codec {codec or 'none'}", [c[:3] for c in PANDAS])
W = f"pandas {pd.__version__}"
frame = pd.DataFrame({"v": [1, 2]}, index=pd.Index(["a", "b"], name="key"))
frame.to_parquet(path("pandas-index"))
expect("pandas-index", W, "with a named index", [("v", "int", [1, 2]), ("key", "text", ["a", "b"])])
frame = pd.DataFrame({"t": pd.to_datetime(["2024-01-01T12:00:00+02:00", None], utc=True), "o": [D("1.10"), None], "d": [dt.date(2024, 2, 29), None], "l": [[1, 2], None], "m": [{"a": 1}, None], "x": [b"\x00", None], "clock": [dt.time(1, 2, 3), None]})
frame.to_parquet(path("pandas-objects"))
expect("pandas-objects", W, "zones, decimals, dates, lists and dicts in object columns", [("t", "timestamptz", [dt.datetime(2024, 1, 1, 10), None]), ("o", "decimal", [D("1.10"), None]), ("d", "date", [dt.date(2024, 2, 29), None]), ("l", "json", [[1, 2], None]), ("m", "json", [{"a": 1}, None]), ("x", "bytes", [b"\x00", None]), ("clock", "time", [dt.time(1, 2, 3), None])])
frame = pd.DataFrame({"t": pd.to_timedelta(["1 days", None])})
frame.to_parquet(path("pandas-timedelta"))
unit = pd.Timedelta(days=1) // pd.Timedelta(1, unit=np.datetime_data(frame["t"].dtype)[0])
expect("pandas-timedelta", W, "durations, which are integers in Parquet", [("t", "int", [unit, None])])
pandas_frame(PANDAS[:1]).iloc[:0].to_parquet(path("pandas-empty"))
expect("pandas-empty", W, "an empty frame", [("i", "int", [])])

# polars

PL = f"polars {pl.__version__}"
POLARS = [
    *[(f"i{b}", "int", ints(b), getattr(pl, f"Int{b}")) for b in (8, 16, 32, 64)],
    *[(f"u{b}", "int", ints(b, False), getattr(pl, f"UInt{b}")) for b in (8, 16, 32, 64)],
    ("f4", "float32", FLOATS32, pl.Float32),
    ("f8", "float", FLOATS, pl.Float64),
    ("b", "bool", BOOLS, pl.Boolean),
    ("s", "text", STRINGS, pl.String),
    ("bin", "bytes", BYTES, pl.Binary),
    ("date", "date", DATES, pl.Date),
    ("time", "time", TIMES, pl.Time),
    ("ms", "timestamp", MILLIS, pl.Datetime("ms")),
    ("us", "timestamp", MICROS, pl.Datetime("us")),
    ("ns", "timestamp", NEAR, pl.Datetime("ns")),
    ("tz", "timestamptz", MICROS, pl.Datetime("us", "UTC")),
    ("dec", "decimal", decimals(18, 6), pl.Decimal(18, 6)),
    ("dec38", "decimal", decimals(38, 10), pl.Decimal(38, 10)),
    ("cat", "text", STRINGS, pl.Categorical),
    ("enum", "text", cycle(["x", "y", None]), pl.Enum(["x", "y"])),
    ("null", "text", [None] * N, pl.Null),
    ("list", "json", LISTS, pl.List(pl.Int64)),
    ("array", "json", cycle([[1, 2], None, [None, 3]]), pl.Array(pl.Int32, 2)),
    ("struct", "json", STRUCTS, pl.Struct({"a": pl.Int64, "b": pl.String})),
    ("deep", "json", cycle([[{"x": [1, None]}], [], None]), pl.List(pl.Struct({"x": pl.List(pl.Int32)}))),
]


def polars_write(name, what, columns, times=1, **options):
    columns = [(n, k, v * times, t) for n, k, v, t in columns]
    zoned = lambda v, t: [x if x is None else x.replace(tzinfo=UTC) for x in v] if getattr(t, "time_zone", None) else v
    frame = pl.DataFrame({n: pl.Series(n, zoned(v, t), dtype=t) for n, _, v, t in columns})
    frame.write_parquet(path(name), **options)
    expect(name, PL, what, [c[:3] for c in columns])


for column in POLARS:
    polars_write(f"polars-type-{column[0]}", f"the type {column[3]}", [column])
polars_write("polars-all-types", "all types in one frame, defaults", POLARS)
polars_write("polars-long", "4,000 rows, defaults", POLARS, times=100)
for codec in ("uncompressed", "snappy", "gzip", "brotli", "lz4", "zstd"):
    try:
        polars_write(f"polars-codec-{codec}", f"codec {codec}", POLARS, times=10, compression=codec)
    except Exception as error:
        print(f"polars {codec}: {error}", file=sys.stderr)
polars_write("polars-small-pages", "pages of 1,000 bytes, row groups of 500 rows", POLARS, times=50, row_group_size=500, data_page_size=1000)
polars_write("polars-no-rows", "a frame without rows", [(n, k, [], t) for n, k, _, t in POLARS])
polars_write("polars-steps", "integers that grow", [("v", "int", list(range(10_000)), pl.Int64), ("w", "int", [i // 7 for i in range(10_000)], pl.Int32)])

# DuckDB

DB = f"DuckDB {duckdb.__version__}"


def duck_write(name, what, select, columns, options=""):
    duckdb.sql(f"copy ({select}) to '{path(name)}' (format parquet{options})")
    expect(name, DB, what, columns)


DUCK = [
    ("bool", "bool", BOOLS, "BOOLEAN"),
    *[(n.lower(), "int", ints(b, s), n) for n, b, s in (("TINYINT", 8, True), ("SMALLINT", 16, True), ("INTEGER", 32, True), ("BIGINT", 64, True), ("UTINYINT", 8, False), ("USMALLINT", 16, False), ("UINTEGER", 32, False), ("UBIGINT", 64, False))],
    ("float", "float32", FLOATS32, "FLOAT"),
    ("double", "float", FLOATS, "DOUBLE"),
    ("dec4", "decimal", decimals(4, 1), "DECIMAL(4,1)"),
    ("dec9", "decimal", decimals(9, 2), "DECIMAL(9,2)"),
    ("dec18", "decimal", decimals(18, 6), "DECIMAL(18,6)"),
    ("dec38", "decimal", decimals(38, 10), "DECIMAL(38,10)"),
    ("varchar", "text", STRINGS, "VARCHAR"),
    ("blob", "bytes", BYTES, "BLOB"),
    ("date", "date", DATES, "DATE"),
    ("time", "time", TIMES, "TIME"),
    ("ts", "timestamp", MICROS, "TIMESTAMP"),
    ("ts_s", "timestamp", SECONDS, "TIMESTAMP_S"),
    ("ts_ms", "timestamp", MILLIS, "TIMESTAMP_MS"),
    ("ts_ns", "timestamp", NEAR, "TIMESTAMP_NS"),
    ("tz", "timestamptz", MICROS, "TIMESTAMPTZ"),
    ("uuid", "uuid", UUIDS, "UUID"),
    ("enum", "text", cycle(["x", "y", None]), "ENUM('x','y')"),
    ("list", "json", LISTS, "BIGINT[]"),
    ("array", "json", cycle([[1, 2], [None, 3]]), "INTEGER[2]"),
    ("struct", "json", STRUCTS, "STRUCT(a BIGINT, b VARCHAR)"),
    ("map", "json", MAPS, "MAP(VARCHAR, INTEGER)"),
    ("deep", "json", cycle([[{"x": [1, None]}], [], None]), "STRUCT(x INTEGER[])[]"),
    ("json", "text", cycle(['{"a": 1.10}', "[]", None]), "JSON"),
]


def literal(value, kind, sql):
    if value is None:
        return "NULL"
    if kind == "bytes":
        return f"from_hex('{bytes(value).hex()}')"
    if kind == "json":
        return f"{duck_nested(value)}::{sql}"
    if kind in ("float", "float32"):
        return f"'{real(value)}'::{sql}"
    text = TEXT[kind](value).replace("'", "''")
    return f"'{text}'::{sql}"


def duck_nested(value):
    if value is None:
        return "NULL"
    if isinstance(value, tuple):
        keys, items = zip(*value[1]) if value[1] else ((), ())
        return f"MAP({duck_nested(list(keys))}::VARCHAR[], {duck_nested(list(items))}::INTEGER[])"
    if isinstance(value, dict):
        return "{" + ", ".join(f"'{k}': {duck_nested(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(duck_nested(v) for v in value) + "]"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


def duck_table(columns, times=1):
    duckdb.sql("set timezone = 'UTC'")
    duckdb.sql("create or replace table t (" + ", ".join(f'"{n}" {t}' for n, _, _, t in columns) + ")")
    for row in range(N):
        duckdb.sql("insert into t values (" + ", ".join(literal(v[row], k, t) for _, k, v, t in columns) + ")")
    return [(n, k, v * times) for n, k, v, _ in columns], f"select t.* from range({times}) r(n), t order by r.n, t.rowid"


for column in DUCK:
    expected, select = duck_table([column])
    duck_write(f"duckdb-type-{column[0]}", f"the type {column[3]}", select, expected)
expected, select = duck_table(DUCK)
duck_write("duckdb-all-types", "all types in one table, defaults", select, expected)
for codec in ("uncompressed", "snappy", "gzip", "zstd", "brotli", "lz4", "lz4_raw"):
    for version in ("V1", "V2"):
        duck_write(f"duckdb-codec-{codec}-{version.lower()}", f"codec {codec}, PARQUET_VERSION {version}", select, expected, f", codec '{codec}', parquet_version {version}")
expected, select = duck_table(DUCK, 60)
duck_write("duckdb-long-v1", "2,400 rows", select, expected)
duck_write("duckdb-long-v2", "2,400 rows, PARQUET_VERSION V2", select, expected, ", parquet_version V2")
duckdb.sql("set preserve_insertion_order = true")
for version in ("V1", "V2"):
    duck_write(f"duckdb-numbers-{version.lower()}", f"10,000 numbers that grow, {version}", "select n::bigint as b, n::integer as i, n * 0.5::double as d, 'text ' || n as s, (n * n * 7919 % 100003)::bigint as r from range(10000) g(n)", [("b", "int", list(range(10000))), ("i", "int", list(range(10000))), ("d", "float", [n * 0.5 for n in range(10000)]), ("s", "text", [f"text {n}" for n in range(10000)]), ("r", "int", [n * n * 7919 % 100003 for n in range(10000)])], f", parquet_version {version}")
duck_write("duckdb-groups", "row groups of 2,048 rows", "select n::bigint as b, case when n % 3 = 0 then null else 'x' || n % 5 end as s from range(10000) g(n)", [("b", "int", list(range(10000))), ("s", "text", [None if n % 3 == 0 else f"x{n % 5}" for n in range(10000)])], ", row_group_size 2048")
expected, select = duck_table([("a", "json", cycle([[1, 2], None]), "INTEGER[2]")])
duck_write("duckdb-null-array", "NULL in an ARRAY, whose levels DuckDB writes against the format", select, expected)
duck_write("duckdb-interval", "intervals", "select * from (values (interval '14 months 3 days 4.005 seconds'), (null), (interval '0 seconds')) v(i)", [("i", "interval", [(14, 3, 4_005_000), None, (0, 0, 0)])])
duck_write("duckdb-hugeint", "HUGEINT, which DuckDB writes as DOUBLE", "select 5::hugeint as h", [("h", "float", [5.0])])
duck_write("duckdb-timetz", "times with a zone, which DuckDB writes in UTC", "select '12:00:00+02'::timetz as t", [("t", "time", ["10:00:00"])])
duck_write("duckdb-map-twice", "a map of structs", "select map {'a': {'x': 1}, 'b': null} as m", [("m", "json", [{"a": {"x": 1}, "b": None}])])
duckdb.sql("set force_mbedtls_unsafe = 'true'")
duckdb.sql("pragma add_parquet_key('key', '0123456789112345')")
duckdb.sql(f"copy (select 1 as a) to '{path('duckdb-encrypted')}' (format parquet, encryption_config {{footer_key: 'key'}})")
expect("duckdb-encrypted", DB, "encrypted", [("a", "int", [1])], True)
print(f"{len(names)} files")
