"""Notes as people write them about their photos: the corpus, its loader, its checks, its card and a page to browse."""
