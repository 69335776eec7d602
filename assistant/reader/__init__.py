"""Small networks that read the user's words: where they answer a question, and whether they tell a claim."""
