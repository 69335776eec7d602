"""Tokenizer and image processor of transformers: a prompt as token ids, pixels and positions.

The MLX and the transformers backend share this module, so that both read what llama.cpp reads; neither library is
loaded here. For a Qwen3-VL a photo has any shape, and its visual tokens stand between `<|vision_start|>` and
`<|vision_end|>`. For a SmolVLM it is one square, as we train it: its visual tokens and nothing else; where the
vocabulary has words for tiles, as published, it is cut into tiles, each behind its place, the overview last. Where a
connector lies beside a language model, visual tokens come from there, computed as for llama.cpp.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from assistant.backends.cache.prefix_cache import PhotoKey, Unit
from assistant.chatml import Mark, Piece, Words
from assistant.encoder.open_encoder import open_shipped
from assistant.models import hf_config
from assistant.models.hf_config import config
from assistant.models.photo_budget import PhotoBudget, resized
from assistant.photo import pixels
from assistant.vision.connector import CELLS, Connector
from memory.episode import Photo
from memory.errors import ModelError

TILE_WORDS = ("<fake_token_around_image>", "<global-img>", "<row_1_col_1>")
"""Words that a vocabulary has if its model was trained on tiles."""
READY = "visual_tokens"
"""The input that needs no vision tower: visual tokens (T, 1, D) from a connector, float32."""
Position = tuple[int, int, int]
"""Position of a token in time, height and width (M-RoPE); for text, the same number three times."""


class Processor:
    """Tokenizer and image processor of a model folder in transformers' layout."""

    def __init__(self, folder: Path, budget: PhotoBudget, threads: int = 1) -> None:
        """`budget`: visual tokens of a photo, where the model can choose. `threads`: for the encoder of a connector.

        Raises ModelError when transformers is not installed, or the folder is no model of a known family.
        """
        self.config = config(folder)
        try:
            from transformers import AutoImageProcessor, AutoTokenizer

            self.tokenizer: Any = AutoTokenizer.from_pretrained(folder)
            if not (connector := hf_config.connector(folder)):
                self._image_processor: Any = AutoImageProcessor.from_pretrained(folder, backend="pil")
        except ImportError as error:
            raise ModelError(f"{folder.name} needs the Python package {error.name or 'transformers'}") from error
        except (OSError, ValueError) as error:
            raise ModelError(f"transformers cannot load {folder}: {str(error).splitlines()[0]}") from error
        self._budget, self._tiled = budget, False
        self._connector = Connector(connector, open_shipped(threads)) if connector else None
        self.image_token: int = 0 if connector else self.config["image_token_id"]
        """Stands for a visual token among the ids; what the language model reads is the visual token."""
        vision: dict[str, Any] = self.config.get("vision_config", {})
        self.side: int | None = None
        """Pixels of the square every photo becomes; None = any shape, or tiles."""
        if self._connector:
            self._square, self.side = (CELLS, CELLS), self._connector.side
        elif self.config["model_type"] == "smolvlm":
            across = vision["image_size"] // vision["patch_size"] // self.config["scale_factor"]
            self._square = (across, across)
            self._tiled = all(len(self.tokenize(Mark(word))) == 1 for word in TILE_WORDS)
            self.side = None if self._tiled else vision["image_size"]
        else:
            self._merge: int = vision["spatial_merge_size"]
            self._unit: int = vision["patch_size"] * self._merge
            self._edges = [Unit(self.config[f"vision_{edge}_token_id"]) for edge in ("start", "end")]
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
        """The inputs of the vision tower, and how many (rows, columns) of visual tokens come out of it; for a model of
        tiles, how many rows and columns of tiles, (0, 0) for the overview alone. A connector's visual tokens are ready.

        `small`: with fewer tokens, where the model can choose.
        """
        if self._connector:
            return {READY: self._connector.visual_tokens(photo)[:, None]}, self._square
        image = pixels(photo, self.side)
        if self.side:
            return self._process(image, do_image_splitting=False), self._square
        if self._tiled:
            inputs = self._process(image, do_image_splitting=True, return_row_col_info=True)
            grid = int(inputs.pop("rows")[0][0]), int(inputs.pop("cols")[0][0])
            return ({k: v[:, -1:] for k, v in inputs.items()}, (0, 0)) if small else (inputs, grid)
        image = resized(image, self._budget.most(small), self._budget.least, self._unit)
        inputs = self._process(image, do_resize=False)
        _, height, width = inputs["image_grid_thw"][0]
        return inputs, (int(height) // self._merge, int(width) // self._merge)

    def _process(self, image: np.ndarray, **how: Any) -> dict[str, Any]:
        """What the image processor makes of pixels (H, W, 3)."""
        return dict(self._image_processor([Image.fromarray(image)], return_tensors="np", **how))

    def close(self) -> None:
        """Free the encoder of a connector. Calling it twice is fine."""
        if self._connector:
            self._connector.close()

    def lay_out(
        self, prompt: Sequence[Piece], large: int | None, grid: Callable[[Photo, bool], tuple[int, int]]
    ) -> tuple[list[list[Unit]], list[Position]]:
        """A prompt as the KV cache will hold it: the units of each piece, one a token, and each token's position.

        `large`: index of the piece with the large photo (None: all photos are large). `grid`: rows and columns of a
        photo's tokens, or of its tiles.
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
            if self._tiled:
                add(self._tiles(PhotoKey(piece.sha256, small, 0), rows, columns))
                continue
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

    def _tiles(self, key: PhotoKey, rows: int, columns: int) -> list[Unit]:
        """A photo in tiles: each tile behind its place, a line's end after each row, and the overview."""
        out: list[Unit] = []
        numbers, per = iter(range(rows * columns + 1)), self._square[0] * self._square[1]

        def tile(words: str) -> None:
            out.extend(Unit(token) for token in self.tokenize(Mark(words)))
            at = next(numbers) * per
            out.extend(Unit(key._replace(chunk=at + n)) for n in range(per))

        for row in range(rows):
            for column in range(columns):
                end = "\n" if row and not column else ""
                tile(f"{end}<fake_token_around_image><row_{row + 1}_col_{column + 1}>")
        tile(("\n\n" if rows else "") + "<fake_token_around_image><global-img>")
        return out + [Unit(token) for token in self.tokenize(Mark("<fake_token_around_image>"))]
