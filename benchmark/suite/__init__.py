"""The suite of all tasks, resumable, and the commands `capeval` and `diagnose`."""
