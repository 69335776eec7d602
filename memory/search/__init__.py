"""Search: visual tokens and their index, words, phrases of time, and ranking."""
