"""Whether a generated text stands in what was told: claims judged, sentences quoted. Pure Python, no model."""
