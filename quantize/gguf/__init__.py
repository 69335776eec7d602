"""Checkpoints to GGUF files: converter, quantiser, importance matrix, mixed precision."""
