"""What a line of the user is for: telling, asking, talking; and the memories that its words bring."""
