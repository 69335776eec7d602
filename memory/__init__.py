"""The episodic memory: values, the SQLite store, search and forgetting. No model code: vectors come in from outside."""
