"""The engines behind the `Backend` protocol: llama.cpp, transformers, MLX, and the fake of the tests."""
