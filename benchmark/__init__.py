"""The personalised-captioning benchmark: a seeded picture world, dialogues, samples, scores."""
