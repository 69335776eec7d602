"""Screens that open over the app and return an answer."""
