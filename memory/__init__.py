"""The episodic memory: values, the SQLite store, ranking. No model code; vectors come in from outside."""
