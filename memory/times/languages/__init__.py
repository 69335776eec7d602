"""Times in other languages than English, written in English."""
