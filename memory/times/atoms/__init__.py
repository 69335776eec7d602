"""Atoms: the smallest phrases of time in an English sentence, by kind, each with what it means."""
