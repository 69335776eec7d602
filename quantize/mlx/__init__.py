"""Merged checkpoints to folders that MLX runs."""
