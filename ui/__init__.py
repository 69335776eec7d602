"""The parts of the app: `tui.py` puts them together. No SQL, no prompt and no model code in here."""
