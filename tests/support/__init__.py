"""What tests share: tiny models, servers, albums, the app under a pilot."""
