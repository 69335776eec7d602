"""The second nano: SmolLM2 that sees through the photo encoder and a connector, and reads what people really write."""
