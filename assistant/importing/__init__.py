"""Photos and words from elsewhere: folders, chat exports, and what a photo file says of itself."""
