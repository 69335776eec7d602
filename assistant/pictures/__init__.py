"""What becomes of a decoded picture before it is a photo: its colours, its size, and an end that a writer forgot."""
