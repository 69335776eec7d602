"""Security: attempts to steer Keepsake through photos, words and files, and the harm that they do."""
