"""Importing photos in the app: the thread that does it, its dialogs, the tray of photos without words, their words."""
