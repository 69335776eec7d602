"""Caption-augmented generation: the two passes of a conversation (caption, then answers), their events, and recall."""
