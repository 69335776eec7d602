"""Stage 3 of a Qwen3-VL: trl's trainers, by configuration only."""
