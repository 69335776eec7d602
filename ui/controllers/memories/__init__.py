"""The memories in the app: the browser, one memory opened, people and things, the tray."""
