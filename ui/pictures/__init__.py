"""Photos in terminal cells: which symbols a terminal has, which of them and which colours show a photo best."""
