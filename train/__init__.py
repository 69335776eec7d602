"""Training on a server: the nano from nothing, and reward training of it or a Qwen3-VL. The app never imports it."""
