"""What spares reading and encoding twice: the record of the KV cache, its snapshot on disk, and the disk cache."""
