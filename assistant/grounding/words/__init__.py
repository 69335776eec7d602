"""English as the grounding check reads it: closed word lists, comparable tokens, noun phrases, word families."""
