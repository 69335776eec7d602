"""Photos without words, for the user to tell about."""
