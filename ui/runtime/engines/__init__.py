"""What loads and works beside the session: the language model, the photo encoder, downloads of models."""
