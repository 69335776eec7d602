"""mlx-vlm as a peer, used as its documentation says: `load`, `stream_generate`, and every cache that it describes.

Those are a chat's prompt cache, automatic prefix caching with a disk tier, and the vision cache. It runs in this
process, on the folder and the library that Keepsake's MLX backend uses: what differs is what is read again.

    python -m benchmark.colossus CHECKPOINT 4                          a random Qwen3-VL, a quarter as wide and deep
    python -m quantize mlx CHECKPOINT --kind f32 --out FOLDER          scales of quantised weights would favour us
    python -m benchmark speed --model FOLDER --episodes 2 --repeats 2
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from assistant.backend import Message
from assistant.chatml import pieces
from assistant.models.hf_config import config
from assistant.models.spec import Spec
from assistant.photo import from_image, pixels
from benchmark.speed.peers import Said, timed
from memory.episode import Photo
from memory.errors import ModelError
from memory.paths import private_folder

PHOTO = "<|vision_start|><|image_pad|><|vision_end|>"
"""How Qwen's chat template writes a photo; its processor makes as many places of it as there are visual tokens."""
BLOCKS, BLOCK = 4096, 16
"""Size of the prefix cache, as its documentation has it: far more than a run needs."""


def warmth() -> tuple[Message, ...]:
    """A prompt about nothing, for every peer before the run: MLX compiles what it computes with first, once."""
    return (Message("user", (from_image(Image.new("RGB", (256, 256), "grey")), "Hello")),)


class MlxVlm:
    """See the module. Its processor time is this process's, as Keepsake's is."""

    name = "mlx-vlm"

    def __init__(self, spec: Spec, folder: Path) -> None:
        """`folder`: for the disk tier. Raises ModelError."""
        if (kind := config(spec.language)["model_type"]) != "qwen3_vl":
            raise ModelError(f"it is compared on Qwen3-VL models, this is a {kind}")
        self._spec, self._folder = spec, private_folder(folder)
        self._open()

    def _open(self) -> None:
        from mlx_vlm import PromptCacheState, VisionFeatureCache, load
        from mlx_vlm.apc import APCManager, DiskBlockStore

        try:
            self._model, self._processor = load(str(self._spec.language))
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise ModelError(f"it cannot load the folder ({str(error).strip().splitlines()[0]})") from error
        self._disk = DiskBlockStore(self._folder, namespace="peer")
        self._prefixes = APCManager(num_blocks=BLOCKS, block_size=BLOCK, disk=self._disk)
        self._vision, self._talk, self._photos = VisionFeatureCache(), PromptCacheState(), ("",)

    def say(self, messages: Sequence[Message], most: int) -> Said:
        """See `Peer`."""
        from mlx_vlm import PromptCacheState, stream_generate

        prompt = pieces(messages)
        photos = [piece for piece in prompt if isinstance(piece, Photo)]
        if (shown := tuple(photo.sha256 for photo in photos)) != self._photos:
            self._talk, self._photos = PromptCacheState(), shown  # it compares tokens, and all photos have the same
        last: Any = None

        def words() -> Iterator[str]:
            nonlocal last
            for last in stream_generate(
                self._model,
                self._processor,
                "".join(PHOTO if isinstance(piece, Photo) else piece.text for piece in prompt),
                image=[Image.fromarray(pixels(photo)) for photo in photos],
                max_tokens=most,
                temperature=0.0,
                skip_special_tokens=True,  # else what a random model writes would be read back as a photo's place
                vision_cache=self._vision,
                prompt_cache_state=self._talk,
                apc_manager=self._prefixes,
            ):
                yield last.text

        try:
            said = timed(words(), time.process_time)
        except (RuntimeError, ValueError, TypeError, AttributeError) as error:  # what it raises, whatever it is
            raise ModelError(f"it cannot read this ({str(error).strip().splitlines()[0]})") from error
        self._disk.flush()  # written behind our back: not on the next peer's bill
        return replace(
            said,
            prompt_tokens=last.prompt_tokens,
            cached_tokens=last.cached_tokens,
            new_tokens=last.generation_tokens,
        )

    def restart(self) -> None:
        """See `Peer`. Its disk tier brings back what it knows by itself."""
        self.close()
        self._open()

    def close(self) -> None:
        """See `Peer`."""
        self._prefixes.close()
        self._model = self._processor = self._talk = None
