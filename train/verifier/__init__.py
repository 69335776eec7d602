"""Training of the verifier: whether what a fluent model wrote was told."""
