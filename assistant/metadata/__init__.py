"""What a photo's bytes say besides its pixels, as far as the normaliser of photos needs it."""
