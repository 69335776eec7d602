"""A prompt as transformers' tokenizer and image processor read it: token ids, pixels, positions.

The MLX and the transformers backend share it, so that both read what llama.cpp reads. It loads neither of them. A
SmolVLM is read as we train it (a photo is one square, its visual tokens and nothing else), a Qwen3-VL with its visual
tokens between `<|vision_start|>` and `<|vision_end|>`, of any shape.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from assistant.backends.mtmd import SMALL
from assistant.backends.prefix_cache import Unit
from assistant.chatml import Mark, Piece, Words
from assistant.models.hf_config import config
from assistant.photo import pixels
from memory.episode import Photo
from memory.errors import ModelError

LEAST_TOKENS = 8
"""A smaller photo is scaled up to so many, where the model takes any shape: llama.cpp's bound."""
Place = tuple[int, int, int]
"""Position in time, height and width (M-RoPE); three times the same for text."""


class Processor:
    """Tokenizer and image processor of a model folder in transformers' layout."""

    def __init__(self, folder: Path, photo_tokens: int) -> None:
        """`photo_tokens`: most tokens a photo may take, where the model can choose.

        Raises ModelError when transformers is not installed, or the folder is no model of a known family.
        """
        self.config = config(folder)
        try:
            from transformers import AutoImageProcessor, AutoTokenizer

            self.tokenizer: Any = AutoTokenizer.from_pretrained(folder)
            self._eye: Any = AutoImageProcessor.from_pretrained(folder, backend="pil")
        except ImportError as error:
            raise ModelError(f"{folder.name} needs the Python package {error.name or 'transformers'}") from error
        except (OSError, ValueError) as error:
            raise ModelError(f"transformers cannot load {folder}: {str(error).splitlines()[0]}") from error
        vision = self.config["vision_config"]
        self.side: int | None = vision["image_size"] if self.config["model_type"] == "smolvlm" else None
        """Pixels of the square every photo becomes; None = any shape."""
        self.image_token: int = self.config["image_token_id"]
        self._bounds: list[dict[str, Any]] = [{}, {}]
        """What the image processor is told, for photos seen large and small."""
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
        found = (self.tokenize(Mark(end)) for end in ("<|im_end|>", "<|endoftext|>"))
        self.ends = {ids[0] for ids in found if len(ids) == 1}
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

    def look(self, photo: Photo, small: bool) -> tuple[dict[str, np.ndarray], tuple[int, int]]:
        """What the vision tower takes, and how many (rows, columns) of visual tokens come out of it.

        `small`: with fewer tokens, where the model leaves the choice.
        """
        image = Image.fromarray(pixels(photo, self.side))
        looked = dict(self._eye([image], return_tensors="np", **self._bounds[small]))
        if self.side:
            return looked, self._square
        _, height, width = looked["image_grid_thw"][0]
        return looked, (int(height) // self._merge, int(width) // self._merge)

    def lay_out(
        self, prompt: Sequence[Piece], large: int | None, grid: Callable[[Photo, bool], tuple[int, int]]
    ) -> tuple[list[list[Unit]], list[Place]]:
        """What stands in the KV cache: of each piece its units, one for each token, and of each token its position.

        `large`: which piece is the photo seen large (None: all are). `grid`: rows and columns of a photo's tokens.
        """
        units: list[list[Unit]] = []
        places: list[Place] = []

        def add(new: Sequence[Unit]) -> None:
            at = max(places[-1]) + 1 if places else 0
            units[-1] += new
            places.extend((at + i,) * 3 for i in range(len(new)))

        for i, piece in enumerate(prompt):
            units.append([])
            if not isinstance(piece, Photo):
                add([Unit(token) for token in self.tokenize(piece)])
                continue
            small = self.side is None and large is not None and i != large
            rows, columns = grid(piece, small)
            seen = [Unit((piece.sha256, small, n)) for n in range(rows * columns)]
            if self.side:
                add(seen)
                continue
            add(self._edges[:1])
            at = max(places[-1]) + 1
            places += [(at, at + row, at + column) for row in range(rows) for column in range(columns)]
            # an image moves the position by its longer side, not by its token count
            units[-1] += [replace(u, n_pos=0) for u in seen[:-1]] + [replace(seen[-1], n_pos=max(rows, columns))]
            add(self._edges[1:])
        return units, places
