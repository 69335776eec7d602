"""Search: visual tokens and their index, words, ranking, recall by a photo, and search by text."""
