"""Whether a claim follows from what was told: episodes as premises, claims judged by rules, or by a network."""
