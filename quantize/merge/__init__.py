"""A LoRA folded into its base, shard by shard."""
