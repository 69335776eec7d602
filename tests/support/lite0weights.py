"""EfficientNet-Lite0's weights as they are published, made again from the photo encoder that ships.

The encoder's convolutions have their batch norms folded in; the file written here has batch norms that change nothing.
So the network that ships, and the command that made it, can be tested without the package of the weights.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from train.encoder.lite0 import EPSILON


def convolutions(network: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """Weight and bias of each convolution of a network, in order, float32."""
    graph = onnx.load(network).graph
    constants = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    for node in graph.node:
        if node.op_type == "Cast":
            constants[node.output[0]] = constants[node.input[0]].astype(np.float32)
    return [
        (constants[node.input[1]].astype(np.float32), constants[node.input[2]].astype(np.float32))
        for node in graph.node
        if node.op_type == "Conv"
    ]


def write(network: Path, weights: Path) -> None:
    """Write the convolutions of the encoder's `network`, less its head, as the package's `.pth` has them."""
    *layers, _, _ = convolutions(network)
    state: dict[str, torch.Tensor] = {}

    def add(conv: str, norm: str) -> None:
        weight, bias = (torch.from_numpy(part.copy()) for part in layers.pop(0))
        ones = torch.ones_like(bias)
        state.update({f"{conv}.weight": weight, f"{norm}.weight": ones * math.sqrt(1 + EPSILON), f"{norm}.bias": bias})
        state.update({f"{norm}.running_mean": 0 * ones, f"{norm}.running_var": ones})

    add("_conv_stem", "_bn0")
    block = 0
    while len(layers) > 1:
        p = f"_blocks.{block}."
        if layers[0][0].shape[1] > 1:  # a depthwise convolution has one channel in
            add(p + "_expand_conv", p + "_bn0")
        add(p + "_depthwise_conv", p + "_bn1")
        add(p + "_project_conv", p + "_bn2")
        block += 1
    add("_conv_head", "_bn1")
    torch.save(state, weights)
