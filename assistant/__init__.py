"""The assistant: photos in, recalled memories, a caption grounded in them, an answer. Light to import."""
