"""mlx-vlm as a peer of the speed run, used as its documentation says: `load`, `stream_generate`, and all its caches.

The caches are a chat's prompt cache, automatic prefix caching with a disk tier, and the vision cache. mlx-vlm runs in
this process, on the folder and the library that Keepsake's MLX backend uses: what differs is what is read again.

    python -m benchmark.speed.random_qwen3vl CHECKPOINT 4          a random Qwen3-VL, a quarter as wide and deep
    python -m quantize mlx CHECKPOINT --kind f32 --out FOLDER      scales of quantised weights would favour Keepsake
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
from benchmark.speed.peer import TimedAnswer, timed
from memory.episode import Photo
from memory.errors import ModelError
from memory.paths import private_folder

PHOTO = "<|vision_start|><|image_pad|><|vision_end|>"
"""A photo in Qwen's chat template; its processor repeats <|image_pad|> once for each visual token."""
BLOCKS, BLOCK = 4096, 16
"""Size of the prefix cache, as in mlx-vlm's documentation: far more than a run needs."""


def warm_up_prompt() -> tuple[Message, ...]:
    """A prompt for every peer before the run: MLX compiles its kernels when they are first used."""
    return (Message("user", (from_image(Image.new("RGB", (256, 256), "grey")), "Hello")),)


class MlxVlm:
    """mlx-vlm with its caches on; see the module and `Peer`. Processor time is this process's, as for Keepsake."""

    name = "mlx-vlm"

    def __init__(self, spec: Spec, folder: Path) -> None:
        """`folder` is for the disk tier of the prefix cache. Raises ModelError."""
        if (kind := config(spec.language)["model_type"]) != "qwen3_vl":
            raise ModelError(f"it is compared on Qwen3-VL models, this is a {kind}")
        self._spec, self._folder = spec, private_folder(folder)
        self._chat_photos: tuple[str, ...] = ()
        """Hashes of the photos in the prompt cache."""
        self._open()

    def _open(self) -> None:
        """Load the model, with empty caches but the disk tier. Raises ModelError."""
        from mlx_vlm import PromptCacheState, VisionFeatureCache, load
        from mlx_vlm.apc import APCManager, DiskBlockStore

        try:
            self._model, self._processor = load(str(self._spec.language))
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise ModelError(f"it cannot load the folder ({str(error).strip().splitlines()[0]})") from error
        self._disk = DiskBlockStore(self._folder, namespace="peer")
        self._prefixes = APCManager(num_blocks=BLOCKS, block_size=BLOCK, disk=self._disk)
        self._vision, self._chat, self._chat_photos = VisionFeatureCache(), PromptCacheState(), ()

    def answer(self, messages: Sequence[Message], max_tokens: int) -> TimedAnswer:
        """See `Peer`."""
        from mlx_vlm import PromptCacheState, stream_generate

        prompt = pieces(messages)
        photos = [piece for piece in prompt if isinstance(piece, Photo)]
        if (hashes := tuple(photo.sha256 for photo in photos)) != self._chat_photos:
            # The prompt cache compares tokens only, and the tokens of all photos are equal.
            self._chat, self._chat_photos = PromptCacheState(), hashes
        last: Any = None

        def words() -> Iterator[str]:
            nonlocal last
            for last in stream_generate(
                self._model,
                self._processor,
                "".join(PHOTO if isinstance(piece, Photo) else piece.text for piece in prompt),
                image=[Image.fromarray(pixels(photo)) for photo in photos],
                max_tokens=max_tokens,
                temperature=0.0,
                skip_special_tokens=True,  # else a random model could write a photo's placeholder and read it back
                vision_cache=self._vision,
                prompt_cache_state=self._chat,
                apc_manager=self._prefixes,
            ):
                yield last.text

        try:
            answer = timed(words(), time.process_time)
        except (RuntimeError, ValueError, TypeError, AttributeError) as error:  # the kinds of error seen from mlx-vlm
            raise ModelError(f"it cannot read this ({str(error).strip().splitlines()[0]})") from error
        self._disk.flush()  # it writes in the background: the next peer's time must not pay for it
        return replace(
            answer,
            prompt_tokens=last.prompt_tokens,
            cached_tokens=last.cached_tokens,
            new_tokens=last.generation_tokens,
        )

    def restart(self) -> None:
        """Load the model again; the disk tier brings back the prefixes by itself."""
        self.close()
        self._open()

    def close(self) -> None:
        """See `Peer`."""
        self._prefixes.close()
        self._model = self._processor = self._chat = None
