"""Writes releves-decembre.parquet beside it: pyarrow, with its defaults."""
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

rows = [
    ("Lyon-Bron", date(2026, 12, 1), Decimal("3.50"), "Givre"),
    ("Brest-Guipavas", date(2026, 12, 1), Decimal("9.25"), "Coup de vent,\n« comme d’habitude »"),
    ("Nice-Côte d’Azur", date(2026, 12, 1), Decimal("13.00"), None),
    ("Lille-Lesquin", date(2026, 12, 1), None, "Capteur en panne"),
]
schema = pa.schema(
    [("station", pa.string()), ("jour", pa.date32()), ("température", pa.decimal128(5, 2)), ("commentaire", pa.string())]
)
columns = [pa.array(column, field.type) for column, field in zip(zip(*rows), schema)]
pq.write_table(pa.table(columns, schema=schema), Path(__file__).with_suffix(".parquet"))
