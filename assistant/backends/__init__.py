"""The engines behind the `Backend` protocol (llama.cpp, MLX, transformers), and their caches."""
