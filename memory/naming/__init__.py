"""Everyone and everything that has a name: names in what the user said, photos that show them, the user's decisions."""
