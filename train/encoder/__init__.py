"""The photo encoder's network: EfficientNet-Lite0 with a projection, converted to ONNX."""
