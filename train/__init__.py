"""The server side: train the nano from nothing, and (later) GSPO on a LoRA. Never imported by the app."""
