"""The suite: blocks of conditions run into one folder, resumable, and the commands `capeval` and `diagnose`."""
