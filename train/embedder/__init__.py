"""The text embedder's network: all-MiniLM-L6-v2, converted to ONNX with weights of 4 and 8 bits."""
