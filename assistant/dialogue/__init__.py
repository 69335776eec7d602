"""What a line of the user is for: telling, asking, talking; what it denies or corrects, and what it commands."""
