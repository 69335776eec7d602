"""The reader: where in the user's words a question is answered, or that it is not."""
