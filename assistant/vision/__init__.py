"""How a photo enters a language model: the seam between an encoder's output and the tokens that a prompt holds."""
