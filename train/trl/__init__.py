"""Stage 3 of a Qwen3-VL: trl, by configuration."""
