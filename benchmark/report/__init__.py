"""The report: one self-contained page about runs, with statistics, verdicts, tables, plots and an error gallery."""
