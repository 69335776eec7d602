"""Behind the screen: the thread that owns memory and model, its jobs and messages, undo, prefetch."""
