"""The seed's import of a CSV, as its document has it, and of other files alike; and what it took."""
import json
import resource
import sys
import time

import pandas as pd
from sqlalchemy import create_engine

READERS = {
    "csv": pd.read_csv,
    "json": pd.read_json,
    "ndjson": lambda path: pd.read_json(path, lines=True),
    "parquet": pd.read_parquet,
}

path, table = sys.argv[1:3]
# Where the server is, libpq takes from the environment.
engine = create_engine("postgresql+psycopg2://")
started = time.perf_counter()
df = READERS[path.rsplit(".", 1)[-1]](path)
df.to_sql(table, engine, schema="public", if_exists="replace", index=False, method="multi")
print(
    json.dumps(
        {
            "seconds": time.perf_counter() - started,
            "rows": len(df),
            "peakRssMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
    )
)
