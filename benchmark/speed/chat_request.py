"""A prompt in the form of chat APIs, and the chat template with which peers render it as Keepsake does."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from assistant.backend import Message
from memory.episode import Photo

TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% for p in m.content %}{{ p.text }}{% endfor %}<|im_end|>\n"
    "{% endfor %}<|im_start|>{{ 'assistant\n' }}"
)
"""Jinja template of the text that `chatml.pieces` writes. A model's own template may refuse photos between words."""


def as_chat(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Messages as chat APIs take them: a list of parts each, photos as data URLs."""
    return [{"role": m.role, "content": [_part(part) for part in m.parts]} for m in messages]


def _part(part: str | Photo) -> dict[str, Any]:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    kind = "png" if part.data.startswith(b"\x89PNG") else "jpeg"
    url = f"data:image/{kind};base64,{base64.b64encode(part.data).decode()}"
    return {"type": "image_url", "image_url": {"url": url}}
