"""Rewrites the bench's CSV as Parquet, by pyarrow's defaults: one row group of up to a million rows, snappy, dictionaries."""
import sys

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

source, destination = sys.argv[1:3]
types = {"prix": pa.decimal128(12, 2), "vu": pa.timestamp("us")}
table = pa.csv.read_csv(source, convert_options=pa.csv.ConvertOptions(column_types=types))
pa.parquet.write_table(table, destination)
