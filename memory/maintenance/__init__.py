"""Whole copies of a memory: the archive that anyone can open, and encryption."""
