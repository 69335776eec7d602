"""The text embedder: what a sentence means, as a vector, so that a search finds what was said in other words."""
