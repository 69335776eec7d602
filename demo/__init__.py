"""A small album for the first run: real photographs, what was said about them, a new photo, and a stranger."""
