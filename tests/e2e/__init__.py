"""The app in a real terminal (`make e2e`)."""
