"""Short answers: whether "Nathan." or "Four." is of the kind that a question asks for, and stands where it was told."""
