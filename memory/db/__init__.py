"""Storage: the file of a memory, its engine (SQLite or SQLCipher), tables, keys, snapshots and rows."""
