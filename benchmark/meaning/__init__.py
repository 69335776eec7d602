"""Search by meaning, measured: 200 questions that share no word with the note they ask for."""
