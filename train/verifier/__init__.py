"""Training of the verifier, which says whether what a fluent model wrote was told."""
