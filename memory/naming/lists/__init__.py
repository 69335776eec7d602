"""What a user asks to be listed, and the memories that a list has: "show me all photos of Zuri"."""
