"""Merged checkpoints to folders that MLX, Apple Silicon's engine, runs."""
