"""Search: visual tokens and their index, words, and ranking."""
