"""Picture files: opened within bounds of time and memory, compared with what the memory says of them, and cleaned."""
