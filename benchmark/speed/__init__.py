"""Speed: the engine against its peers on the same prompts, and proof that its caches change no logit."""
