"""How a segment is best encrypted: whole pieces decrypted in memory, or Parquet's own encryption (decision 0002).

The same rows are written as one segment of a million rows and as 200 of 5,000: as plain Parquet (the floor), as Parquet
encrypted as a whole with AES-256-GCM, and with Parquet modular encryption (AES-256-GCM). Each is written, and two of
its columns are read, by pyarrow and by DuckDB where DuckDB can. Medians of CPU seconds; prints JSON.

    python benchmarks/segment_encryption.py [--rows 1000000] [--repeat 5]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
from _measure import median, report

from guildbook.columns.ids import IdAssigner
from guildbook.columns.schema import ID, raw_table
from guildbook.columns.words import tight
from guildbook.store.cipher import decrypt, encrypt, new_key

KEY = new_key()
COLUMNS = ["time", "action"]
WORDS = ["source", "action", "case", "attributes", "origin"]


def rows(count: int) -> pa.Table:
    """One worker's events, like those of a claims log: 36 activities, 20 events a case, two attributes."""
    dice = np.random.default_rng(1)
    case = dice.integers(0, max(count // 20, 1), count)
    words = {
        "action": [f"activity {i}" for i in dice.integers(0, 36, count)],
        "case": [f"claim:{i}" for i in case],
        "attributes": [f'{{"case:amount":{i},"lifecycle:transition":"start"}}' for i in case],
    }
    raw = raw_table(
        {
            "worker": ["Ann"] * count,
            "time": np.sort(dice.integers(0, 30 * 86_400 * 10**6, count)).astype("datetime64[us]"),
            "seq": dice.integers(0, 20, count),
            "source": ["xes"] * count,
            "origin": ["person"] * count,
            **words,
        }
    )
    kept = ["time", "seq", *WORDS]
    return raw.select(kept).add_column(0, ID, IdAssigner().assign(raw))


def parts(table: pa.Table, files: int) -> list[pa.Table]:
    """Equal slices with dictionaries of their own."""
    size = table.num_rows // files
    made: list[pa.Table] = []
    for i in range(files):
        part = table.slice(i * size, size)
        made.append(pa.table({n: tight(part[n]) if n in WORDS else part[n] for n in part.column_names}))
    return made


def parquet(table: pa.Table, target: Any, **more: Any) -> None:
    encoding = {"time": "DELTA_BINARY_PACKED"}
    pq.write_table(
        table,
        target,
        compression="zstd",
        use_dictionary=WORDS,
        write_statistics=["time"],
        column_encoding=encoding,
        **more,
    )


def write_plain(path: Path, table: pa.Table) -> None:
    parquet(table, path)


def read_plain(path: Path) -> int:
    return pq.ParquetFile(path).read(columns=COLUMNS, use_threads=False).num_rows


def write_whole(path: Path, table: pa.Table) -> None:
    out = pa.BufferOutputStream()
    parquet(table, out)
    path.write_bytes(encrypt(KEY, memoryview(out.getvalue()).cast("B"), path.name))


def read_whole(path: Path) -> int:
    plain = decrypt(KEY, path.read_bytes(), path.name, what=path.name)
    return pq.ParquetFile(pa.BufferReader(plain)).read(columns=COLUMNS, use_threads=False).num_rows


def write_modular(path: Path, table: pa.Table) -> None:
    properties = pe.create_encryption_properties(KEY, aad_prefix=path.name.encode())
    parquet(table, path, encryption_properties=properties)


def read_modular(path: Path) -> int:
    properties = pe.create_decryption_properties(KEY, aad_prefix=path.name.encode())
    file = pq.ParquetFile(path, decryption_properties=properties)
    return file.read(columns=COLUMNS, use_threads=False).num_rows


def write_modular_duckdb(path: Path, table: pa.Table) -> None:
    """As `write_modular`, without the binding that DuckDB cannot be given."""
    parquet(table, path, encryption_properties=pe.create_encryption_properties(KEY))


def read_modular_duckdb(path: Path) -> int:
    query = f"SELECT time, action FROM read_parquet('{path}', encryption_config = {{footer_key: 'k'}})"
    return duckdb.sql(query).to_arrow_table().num_rows


FORMS: dict[str, tuple[Callable[[Path, pa.Table], None], Callable[[Path], int]]] = {
    "plain": (write_plain, read_plain),
    "whole": (write_whole, read_whole),
    "modular": (write_modular, read_modular),
    "modular, read by DuckDB": (write_modular_duckdb, read_modular_duckdb),
}


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of this process, so that a busy machine does not decide."""
    began = time.process_time()
    work()
    return time.process_time() - began


def measure(form: str, tables: Sequence[pa.Table], repeat: int) -> dict[str, Any]:
    """Medians of one form over all files."""
    write, read = FORMS[form]
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{i}.parquet" for i in range(len(tables))]

        def write_all() -> None:
            for path, table in zip(paths, tables, strict=True):
                write(path, table)

        def read_all() -> None:
            assert sum(read(path) for path in paths) == sum(table.num_rows for table in tables)

        try:
            writes = [seconds(write_all) for _ in range(repeat)]
            reads = [seconds(read_all) for _ in range(repeat)]
        except (duckdb.Error, OSError) as error:
            return {"failed": str(error).splitlines()[0]}
        size = sum(path.stat().st_size for path in paths)
    return {
        "write_cpu_s": median(writes),
        "read_2_columns_cpu_s": median(reads),
        "bytes": size,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    duckdb.sql("SET threads = 1")
    duckdb.sql(f"PRAGMA add_parquet_key('k', '{b64encode(KEY).decode()}')")
    table = rows(options.rows)
    figures: dict[str, Any] = {"rows": options.rows, "pyarrow": pa.__version__, "duckdb": duckdb.__version__}
    for files in (1, 200):
        tables = parts(table, files)
        figures[f"{files} files"] = {form: measure(form, tables, options.repeat) for form in FORMS}
    report("segment-encryption", figures)


if __name__ == "__main__":
    main()
