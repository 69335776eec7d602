"""A small album for the first run: photos of the picture world, what was said about them, and one new photo."""
