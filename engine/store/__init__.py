"""The shop file: one SQLite database, its schema, its one writer and its read-only readers."""
