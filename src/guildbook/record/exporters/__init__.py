"""From event columns to the standard formats: XES, OCEL 2.0, Parquet."""
