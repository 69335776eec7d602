"""llama.cpp: language models in GGUF files, and the vision encoder beside them (mtmd)."""
