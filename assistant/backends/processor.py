"""Tokenizer and image processor of transformers: a prompt as token ids, pixels and positions.

The MLX and the transformers backend share this module, so that both read what llama.cpp reads; neither library is
loaded here. For a SmolVLM a photo is one square, as we train it: its visual tokens and nothing else. For a Qwen3-VL it
has any shape, and its visual tokens stand between `<|vision_start|>` and `<|vision_end|>`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from assistant.backends.mtmd import SMALL
from assistant.backends.prefix_cache import PhotoKey, Unit
from assistant.chatml import Mark, Piece, Words
from assistant.models.hf_config import config
from assistant.photo import pixels
from memory.episode import Photo
from memory.errors import ModelError

LEAST_TOKENS = 8
"""A photo of fewer visual tokens is scaled up to so many, where the model takes any shape: llama.cpp's bound."""
Position = tuple[int, int, int]
"""Position of a token in time, height and width (M-RoPE); of text, three times one number."""


class Processor:
    """Tokenizer and image processor of a model folder in transformers' layout."""

    def __init__(self, folder: Path, photo_tokens: int) -> None:
        """`photo_tokens`: most tokens of a photo, where the model can choose.

        Raises ModelError when transformers is not installed, or the folder is no model of a known family.
        """
        self.config = config(folder)
        try:
            from transformers import AutoImageProcessor, AutoTokenizer

            self.tokenizer: Any = AutoTokenizer.from_pretrained(folder)
            self._image_processor: Any = AutoImageProcessor.from_pretrained(folder, backend="pil")
        except ImportError as error:
            raise ModelError(f"{folder.name} needs the Python package {error.name or 'transformers'}") from error
        except (OSError, ValueError) as error:
            raise ModelError(f"transformers cannot load {folder}: {str(error).splitlines()[0]}") from error
        vision = self.config["vision_config"]
        self.side: int | None = vision["image_size"] if self.config["model_type"] == "smolvlm" else None
        """Pixels of the square every photo becomes; None = any shape."""
        self.image_token: int = self.config["image_token_id"]
        self._bounds: list[dict[str, Any]] = [{}, {}]
        """Arguments of the image processor, for large and for small photos."""
        if self.side:
            across = self.side // vision["patch_size"] // self.config["scale_factor"]
            self._square = (across, across)
            self._bounds = [{"do_image_splitting": False}] * 2
        else:
            self._merge: int = vision["spatial_merge_size"]
            self._edges = [Unit(self.config[f"vision_{edge}_token_id"]) for edge in ("start", "end")]
            unit = (vision["patch_size"] * self._merge) ** 2  # pixels of a visual token
            for bounds, most in zip(self._bounds, (photo_tokens, photo_tokens // SMALL), strict=True):
                bounds["size"] = {"shortest_edge": LEAST_TOKENS * unit, "longest_edge": most * unit}
        endings = (self.tokenize(Mark(end)) for end in ("<|im_end|>", "<|endoftext|>"))
        self.ends = {ids[0] for ids in endings if len(ids) == 1}
        """Tokens that end a turn."""
        if not self.ends:
            raise ModelError(f"{folder.name} does not speak ChatML (<|im_start|>): use SmolLM2 or Qwen3-VL models")

    def tokenize(self, piece: Mark | Words) -> list[int]:
        """Token ids of a text piece; only a `Mark` may become control tokens."""
        literal = not isinstance(piece, Mark)
        ids: list[int] = self.tokenizer(piece.text, add_special_tokens=False, split_special_tokens=literal).input_ids
        return ids

    def spell(self, ids: Sequence[int]) -> str:
        """The text of generated tokens, control tokens left out. A character cut in half ends in U+FFFD."""
        text: str = self.tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text

    def preprocess(self, photo: Photo, small: bool) -> tuple[dict[str, np.ndarray], tuple[int, int]]:
        """The inputs of the vision tower, and how many (rows, columns) of visual tokens come out of it.

        `small`: with fewer tokens, where the model can choose.
        """
        image = Image.fromarray(pixels(photo, self.side))
        inputs = dict(self._image_processor([image], return_tensors="np", **self._bounds[small]))
        if self.side:
            return inputs, self._square
        _, height, width = inputs["image_grid_thw"][0]
        return inputs, (int(height) // self._merge, int(width) // self._merge)

    def lay_out(
        self, prompt: Sequence[Piece], large: int | None, grid: Callable[[Photo, bool], tuple[int, int]]
    ) -> tuple[list[list[Unit]], list[Position]]:
        """A prompt as the KV cache will hold it: the units of each piece, one a token, and each token's position.

        `large`: index of the piece with the large photo (None: all photos are large). `grid`: rows and columns of a
        photo's tokens.
        """
        units: list[list[Unit]] = []
        positions: list[Position] = []

        def add(new: Sequence[Unit]) -> None:
            at = max(positions[-1]) + 1 if positions else 0
            units[-1] += new
            positions.extend((at + i,) * 3 for i in range(len(new)))

        for i, piece in enumerate(prompt):
            units.append([])
            if not isinstance(piece, Photo):
                add([Unit(token) for token in self.tokenize(piece)])
                continue
            small = self.side is None and large is not None and i != large
            rows, columns = grid(piece, small)
            visual = [Unit(PhotoKey(piece.sha256, small, n)) for n in range(rows * columns)]
            if self.side:
                add(visual)
                continue
            add(self._edges[:1])
            at = max(positions[-1]) + 1
            positions += [(at, at + row, at + column) for row in range(rows) for column in range(columns)]
            # an image moves the position by its longer side, not by its token count
            units[-1] += [replace(u, n_pos=0) for u in visual[:-1]] + [replace(visual[-1], n_pos=max(rows, columns))]
            add(self._edges[1:])
        return units, positions
