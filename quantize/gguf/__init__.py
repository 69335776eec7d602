"""Checkpoints to GGUF files for llama.cpp: converter, quantiser, importance matrix, mixed precision."""
