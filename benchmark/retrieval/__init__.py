"""Retrieval: is the right memory found, and how fast, against exact search and other stores; the recall threshold."""
