"""The engines behind the `Backend` protocol (llama.cpp, MLX, transformers), their caches and their process."""
