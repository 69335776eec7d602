"""Whether an export still is the model: variants are asked what the checkpoint is asked, compared, and judged."""
