"""Search: the index of photo vectors."""
