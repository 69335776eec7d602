"""Times in English: calendars, phrases of time as ranges of days, days that people type."""
