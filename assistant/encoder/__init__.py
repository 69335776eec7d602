"""The photo encoder: a small network of its own that turns photos into tokens for recall, the same for every model."""
