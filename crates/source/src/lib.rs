//! Foreign bytes to panels: Parquet and CSV files, alignment, corporate actions, quality.
