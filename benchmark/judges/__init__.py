"""Who decides what a caption says: the lexical judge, judges behind a chat server, and scores."""
