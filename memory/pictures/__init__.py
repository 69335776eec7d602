"""Picture files: opened within bounds of time and memory, and compared with what the memory says of them."""
