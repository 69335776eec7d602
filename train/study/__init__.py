"""Studies: one recipe in several variants, and the page of their results."""
