"""The parts of the app's screen: small widgets and dialogs that `tui.py` puts together. No SQL, no prompt, no model."""
