"""What the commands of a lab run cost: hours and bytes, computed from a model's shape and the assumptions below.

None of them was measured: no large model ever ran here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from train.recipe import Gspo
from train.trl import batches

GB = batches.GB
TRAINS, READS, CORE = 140e12, 50e12, 30e9
"""Assumed: what a device computes in a second, training (35 % of 400 TFLOP/s), reading a prompt, and what a processor
core does."""
STEP, STREAM = 0.035, 1e12
"""Assumed: seconds for a token of a rollout with transformers, and bytes of weights that a device reads in a second."""
PROMPT, CAPTION = 2500, 150
"""Assumed tokens of a prompt (512 of the photo asked about, nine memories of 128, and words), and of a caption."""
DOWNLOAD = 50e6
"""Assumed bytes a second."""


class Costs:
    """The costs of a recipe's run on devices of one kind."""

    def __init__(self, gspo: Gspo, config: Mapping[str, Any], device_bytes: int, cores: int) -> None:
        """`config`: config.json of the base; `device_bytes`: memory of a device; `cores`: of the processor."""
        self._gspo, self._cores = gspo, cores
        self._size = batches.weights(config)
        self.proof_bytes = 5 * self._size
        """The proof of an export holds the checkpoint in f32, and room for prompts."""
        self.proof_on_device = self.proof_bytes < device_bytes
        """Whether a device has room for it (`quantize/hf_reference.py` decides alike)."""
        self.engine_bytes = 2 * self._size + 8192 * batches.kv_bytes(config) + 2 * GB
        """Of llama.cpp: weights in f16, the KV cache of the app's context, and buffers."""

    @property
    def fetching(self) -> float:
        """Hours of fetching the base."""
        return self._size * 2 / DOWNLOAD / 3600

    @property
    def caption(self) -> float:
        """Hours of one caption of a prompt with ten photos, on a device."""
        return (2 * self._size * PROMPT / READS + 2 * self._size * CAPTION / STREAM) / 3600

    def export(self, samples: int, forms: int) -> float:
        """Hours of `forms` files of an export and of their proof: each reads `samples` prompts twice, as does the
        checkpoint; without room on a device, the checkpoint and merged copy are read by the processor."""
        device = 2 * samples * self.caption * (forms + 1)
        processor = 0.0 if self.proof_on_device else 2 * samples * PROMPT * 2 * self._size / (self._cores * CORE) / 3600
        writing = forms * 2 * self._size / 0.1e9 / self._cores / 3600
        return device + 2 * processor + writing

    def training(self, world: int) -> float:
        """Hours of training in `world` processes: reading and writing completions, then four times the work, for
        gradients with what is recomputed."""
        gspo = self._gspo
        completions = gspo.prompts * (1 if gspo.learn == "gold" else gspo.group)
        tokens = completions * (PROMPT + gspo.max_tokens / 2)
        work = 2 * self._size * tokens * (4 * gspo.passes + 1) / (world * TRAINS)
        writing = 0 if gspo.learn == "gold" else STEP * gspo.max_tokens
        return gspo.steps * (work + writing) / 3600
