"""Functions of migrations: what SQL alone cannot do to rows of an older version."""
