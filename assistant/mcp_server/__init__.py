"""Keepsake for other programs: a server of the Model Context Protocol over standard input and output."""
