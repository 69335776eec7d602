"""Search: visual tokens and their index, words, ranking, and recall by all of them."""
