"""The tasks of the benchmark: CapEval-QAs, LSD, LAR, ITR, shortcut tests, hallucination, long histories."""
