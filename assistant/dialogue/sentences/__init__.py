"""What one sentence of a typed line is for: telling, asking, talking."""
