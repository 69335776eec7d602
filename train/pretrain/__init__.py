"""Stages 1 and 2 of the nano: vision tower, connector and LoRA, trained on drawn scenes."""
