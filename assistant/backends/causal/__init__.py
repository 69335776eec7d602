"""Transformers and MLX: causal language models as Python libraries hold them, behind Hugging Face's processor."""
