"""Attempts to steer Keepsake through what it is shown and told."""
