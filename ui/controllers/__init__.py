"""What a user does with photos, memories, conversations and models, from a key to the thread and back."""
