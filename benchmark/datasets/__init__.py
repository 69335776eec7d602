"""Samples from everywhere: built, on disk, from own photos, and as the authors of CoViP published them."""
