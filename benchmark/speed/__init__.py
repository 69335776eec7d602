"""The engine against its peers by the clock."""
