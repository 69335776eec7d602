"""Is the right memory found, and how fast: against an exact search and other stores."""
