"""One self-contained page about runs: statistics, tables, figures, errors to look at."""
