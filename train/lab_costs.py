"""What the commands of a lab run cost: hours and bytes, computed from a model's shape and the assumptions below.

None of them was measured: no large model ever ran here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from train.recipe import Gspo, Trl
from train.trl import device_memory
from train.trl.model_shapes import weights

GB = device_memory.GB
TRAINS, READS, CORE = 140e12, 50e12, 30e9
"""Assumed operations per second: of a device in training (35 % of 400 TFLOP/s), of a device that reads a prompt, of a
processor core."""
STEP, STREAM = 0.035, 1e12
"""Assumed: seconds for a token of a rollout with transformers, and bytes of weights that a device reads in a second."""
CAPTION = 150
"""Assumed tokens of a caption."""
DOWNLOAD = 50e6
"""Assumed bytes per second of a download."""
QUESTIONS, JUDGED, SCORED = 19, 40, 10
"""Questions about a caption of the authors' data (26,500 about 1,386 samples). Assumed: questions per second that a
chat judge on one device answers to training processes, which ask 64 at a time each, and to the benchmark, which asks
8 at a time."""
CAPTIONS = 2 / 3
"""Share of captions in the authors' training list (2,800 of 4,196 items)."""


class Costs:
    """The costs of a recipe's run on devices of one kind."""

    def __init__(self, gspo: Gspo, config: Mapping[str, Any], device_bytes: int, cores: int) -> None:
        """`config`: config.json of the base; `device_bytes`: memory of a device; `cores`: of the processor."""
        self._gspo, self._cores = gspo, cores
        self._size, self._prompt = weights(config), device_memory.prompt_tokens(gspo)
        self.proof_bytes = 5 * self._size
        """Bytes for the verification of an export: the checkpoint in f32, and room for prompts."""
        self.proof_on_device = self.proof_bytes < device_bytes
        """Whether a device has room for the verification (`quantize/hf_reference.py` decides by the same rule)."""

    @property
    def fetching(self) -> float:
        """Hours of fetching the base."""
        return self._size * 2 / DOWNLOAD / 3600

    @property
    def caption(self) -> float:
        """Hours of one caption of a prompt with ten photos, on a device."""
        return (2 * self._size * self._prompt / READS + 2 * self._size * CAPTION / STREAM) / 3600

    def export(self, samples: int, forms: int) -> float:
        """Hours of writing the `forms` files of an export and of verifying them: each file, like the checkpoint, reads
        `samples` prompts twice. Where a device has no room, checkpoint and merged copy run on the processor."""
        device = 2 * samples * self.caption * (forms + 1)
        read = 2 * samples * self._prompt * 2 * self._size
        processor = 0.0 if self.proof_on_device else read / (self._cores * CORE) / 3600
        writing = forms * 2 * self._size / 0.1e9 / self._cores / 3600
        return device + 2 * processor + writing

    def training(self, world: int) -> float:
        """Hours of training in `world` processes: writing completions, the judge's answers about captions, and passes
        through the model. In forward passes: four for gradients, recomputation included, one for the prompts of a
        rollout, one for the old log-probabilities (if there are several updates), one for the reference (if beta > 0).
        """
        gspo, several = self._gspo, self._gspo.updates * self._gspo.passes > 1
        rewarded = gspo.learn == "rewards"
        completions = gspo.prompts * (gspo.group if rewarded else 1)
        tokens = completions * (self._prompt + gspo.max_tokens / 2)
        forwards = 4 * gspo.passes + rewarded * (1 + several + (gspo.beta > 0))
        work = 2 * self._size * tokens * forwards / (world * TRAINS)
        writing = STEP * gspo.max_tokens if rewarded else 0.0
        return gspo.steps * (work + writing + self._judging(completions)) / 3600

    def scoring(self, captions: int, questions: int = QUESTIONS) -> float:
        """Hours in which a chat judge answers the questions about `captions` captions of the benchmark."""
        return captions * questions / SCORED / 3600

    def _judging(self, completions: int) -> float:
        """Seconds in which training waits for a chat judge's answers about the captions of a rollout."""
        settings = self._gspo.trl or Trl()
        if settings.judge != "chat" or self._gspo.learn == "gold":
            return 0.0
        others = self._gspo.recognition_share + self._gspo.mixture.pairs + self._gspo.mixture.questions
        share = CAPTIONS if settings.data.endswith(".json") else 1 - others
        return completions * share * QUESTIONS / JUDGED
