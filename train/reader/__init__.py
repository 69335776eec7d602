"""The reader's training: where in a note a question is answered, or that it is not, learnt from the notes corpora."""
