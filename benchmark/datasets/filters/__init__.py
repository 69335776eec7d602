"""Quality filters: what is wrong with a sample or a question, in words."""
