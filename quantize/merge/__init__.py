"""A LoRA folded into its base: matched tensor by tensor, and written shard by shard."""
