"""The reference that every export is held against: the checkpoint itself, read by transformers in f32.

It computes on a CUDA device if one has room for it, else on the processor; never on Metal, where transformers' vision
towers were not tried.

Reads SmolVLM as we train it (a photo is one square and enters as its visual tokens alone) and Qwen3-VL (visual tokens
between `<|vision_start|>` and `<|vision_end|>`), and a language model whose visual tokens come from a connector. Slow,
for there is no cache: every call reads its whole prompt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoTokenizer

from assistant.backend import Chunk, Message, Options
from assistant.backends.causal.hf_transformers import load_model
from assistant.chatml import Mark, Piece, Words, pieces
from assistant.encoder.open_encoder import open_shipped
from assistant.models import hf_config
from assistant.models.photo_budget import PhotoBudget, resized
from assistant.photo import pixels
from assistant.vision.connector import Connector
from memory.episode import Photo
from memory.errors import KeepsakeError

ROOM = 1.25
"""A device must have so many times the bytes of a model's weights free: prompts and logits take the rest."""


class Checkpoint:
    """A loaded transformers folder, with the LoRA of its folder `adapter` unmerged on it if there is one."""

    def __init__(self, folder: Path) -> None:
        """Load model, tokenizer and image processor. Raises KeepsakeError for a folder of another family or none."""
        if not (folder / "config.json").is_file():
            raise KeepsakeError(f"{folder} is not a checkpoint: it has no config.json")
        connector = hf_config.connector(folder)
        self.model: Any = load_model(folder)
        self.device = device_for(sum(weight.nbytes for weight in self.model.parameters()))
        self.model.to(self.device)
        try:
            self.tokenizer = AutoTokenizer.from_pretrained(folder)
            if not connector:
                self.image_processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
        except (OSError, ValueError) as error:
            raise KeepsakeError(f"transformers cannot load {folder}: {str(error).splitlines()[0]}") from error
        self.config = self.model.config
        if self.config.model_type not in hf_config.FAMILIES:
            raise KeepsakeError(f"cannot check a {self.config.model_type} model: only {', '.join(hf_config.FAMILIES)}")
        self._connector = Connector(connector, open_shipped()) if connector else None

    @property
    def side(self) -> int | None:
        """Pixels on a side of the square that every photo becomes; None when photos keep their shape."""
        return self.config.vision_config.image_size if self.config.model_type == "smolvlm" else None

    @torch.inference_mode()
    def logits(self, prompt: Sequence[Piece]) -> np.ndarray:
        """Logits (V,) of the token after a prompt."""
        return self.model(**self._inputs(prompt), logits_to_keep=1).logits[0, -1].cpu().numpy()

    @torch.inference_mode()
    def follow(self, prompt: Sequence[Piece], tokens: Sequence[int]) -> np.ndarray:
        """Logits (N, V): row i is the prediction of `tokens[i]`, after the prompt and the tokens before it."""
        inputs = self._inputs(prompt, tokens[:-1])
        return self.model(**inputs, logits_to_keep=len(tokens)).logits[0].cpu().numpy()

    @torch.inference_mode()
    def stream(self, messages: Sequence[Message], options: Options) -> Iterator[Chunk]:
        """The next assistant turn in one chunk, decoded greedily: enough of a backend for the benchmark."""
        inputs = self._inputs(pieces(messages))
        (end,) = self.tokenize(Mark("<|im_end|>"))
        written = self.model.generate(
            **inputs, max_new_tokens=options.max_new_tokens, do_sample=False, eos_token_id=end, pad_token_id=end
        )
        read = inputs["input_ids"].shape[1] if "input_ids" in inputs else 0  # of embeddings only what is new comes back
        new = written[0, read:].tolist()
        text = self.tokenizer.decode(new, skip_special_tokens=True)
        yield Chunk(text, "end" if new[-1:] == [end] else "length", new_tokens=len(new))

    def close(self) -> None:
        """Free the model."""
        self.model = None
        if self._connector:
            self._connector.close()

    def tokenize(self, piece: Mark | Words) -> list[int]:
        """Token ids of a text piece; only a `Mark` may become control tokens."""
        literal = not isinstance(piece, Mark)
        return self.tokenizer(piece.text, add_special_tokens=False, split_special_tokens=literal).input_ids

    @torch.inference_mode()
    def embed(self, photo: Photo) -> np.ndarray:
        """Visual tokens of a photo, encoded small, (T, D) float32, as they enter the language model."""
        if self._connector:
            return self._connector.visual_tokens(photo)
        inputs = self._on_device(self._process([photo], small=True))
        return torch.cat(tuple(self.model.get_image_features(**inputs).pooler_output)).cpu().numpy()

    def _inputs(self, prompt: Sequence[Piece], then: Sequence[int] = ()) -> dict[str, torch.Tensor]:
        """The model's arguments for a prompt that is followed by the tokens `then`."""
        if self._connector:
            return self._embeddings(prompt, then, self._connector)
        photos = [p for p in prompt if isinstance(p, Photo)]
        inputs = self._process(photos) if photos else {}
        counts = iter(self._token_counts(inputs, len(photos)))
        ids = [
            token
            for piece in prompt
            for token in (self._image_tokens(next(counts)) if isinstance(piece, Photo) else self.tokenize(piece))
        ]
        inputs["input_ids"] = torch.tensor([[*ids, *then]])
        if "image_grid_thw" in inputs:
            inputs["mm_token_type_ids"] = (inputs["input_ids"] == self.config.image_token_id).int()
        inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
        return self._on_device(inputs)

    def _embeddings(
        self, prompt: Sequence[Piece], then: Sequence[int], connector: Connector
    ) -> dict[str, torch.Tensor]:
        """The same for a language model whose visual tokens come from a connector: a prompt as embeddings."""
        embed = self.model.get_input_embeddings()
        parts = [
            torch.from_numpy(connector.visual_tokens(piece)).to(self.device)
            if isinstance(piece, Photo)
            else embed(torch.tensor(self.tokenize(piece), dtype=torch.long, device=self.device))
            for piece in prompt
        ]
        x = torch.cat([*parts, embed(torch.tensor([*then], dtype=torch.long, device=self.device))])[None]  # (1, L, D)
        return {"inputs_embeds": x, "attention_mask": torch.ones_like(x[..., 0], dtype=torch.long)}

    def _process(self, photos: Sequence[Photo], small: bool = False) -> dict[str, torch.Tensor]:
        """Photos as the vision tower takes them: of the pixels that every engine sees."""
        seen = [pixels(p, self.side) for p in photos]
        how: dict[str, Any] = {"do_image_splitting": False}
        if not self.side:
            unit = self.image_processor.patch_size * self.image_processor.merge_size
            budget = PhotoBudget()
            seen = [resized(p, budget.most(small), budget.least, unit) for p in seen]
            how = {"do_resize": False}
        return dict(self.image_processor([Image.fromarray(p) for p in seen], return_tensors="pt", **how))

    def _on_device(self, inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """The model's arguments where the model is."""
        return {name: tensor.to(self.device) for name, tensor in inputs.items()}

    def _token_counts(self, processed: dict[str, torch.Tensor], n: int) -> list[int]:
        """How many visual tokens each of `n` processed photos has."""
        if self.side is None:
            merged = self.image_processor.merge_size**2  # patches that become one token
            return [int(grid.prod()) // merged for grid in processed.get("image_grid_thw", ())]
        return [(self.side // self.config.vision_config.patch_size // self.config.scale_factor) ** 2] * n

    def _image_tokens(self, n: int) -> list[int]:
        """Token ids that hold the place of a photo with `n` visual tokens."""
        tokens = [self.config.image_token_id] * n
        return tokens if self.side else [self.config.vision_start_token_id, *tokens, self.config.vision_end_token_id]


def device_for(weights: int) -> str:
    """Where a model of `weights` bytes is computed: "cuda" where the first device has room, else "cpu".

    Matrices are multiplied in full f32 there: the coarser TF32 would count as an export's fault.
    """
    if not torch.cuda.is_available() or torch.cuda.mem_get_info()[0] < ROOM * weights:
        return "cpu"
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    return "cuda"
