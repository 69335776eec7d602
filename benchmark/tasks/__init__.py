"""What a model is asked: CapEval-QAs, LSD, LAR, ITR, shortcut tests, hallucination, long histories."""
