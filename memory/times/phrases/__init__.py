"""Phrases of time in a sentence: where they stand, which of them mean a time, the days they mean, and why."""
