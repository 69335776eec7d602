"""From a trained checkpoint to files that run on laptops, and the proof that both are the same model."""
