"""Prompts as vLLM reads them: one placeholder for each photo.

transformers' processor writes a placeholder for each visual token. trl hands such prompts, with their photos, to vLLM
on the same device, which replaces each photo's first placeholder anew: of two photos the second would lie within the
first, and no error is raised (trl issue 6294, open in 1.14). trl's own server mode needs them as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any


def one_placeholder(ids: Sequence[int], placeholder: int) -> list[int]:
    """Tokens of a prompt with every run of `placeholder` shortened to one."""
    runs = ((token, list(run)) for token, run in groupby(ids))
    return [token for token, run in runs for _ in (run[:1] if token == placeholder else run)]


def shorten(generation: Any, placeholder: int) -> None:
    """Make `generate` of trl's `VLLMGeneration` hand over prompts with one `placeholder` (its token id) a photo."""
    generate = generation.generate

    def shortened(prompts: Sequence[Sequence[int]], *args: Any, **kwargs: Any) -> Any:
        return generate([one_placeholder(ids, placeholder) for ids in prompts], *args, **kwargs)

    generation.generate = shortened
