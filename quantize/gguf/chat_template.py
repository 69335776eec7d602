"""The chat template that a variant carries for other programs: does it render a conversation as the app does?

The app renders ChatML itself (`assistant/chatml.py`), and the model was trained on that. Ollama, LM Studio and others
take the template out of the file: with a wrong one the same weights answer like another model.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assistant.backend import Message
from assistant.chatml import pieces
from memory.episode import Photo
from quantize.variants import Variant

CONVERSATION = (
    Message("system", ("You help a person remember.",)),
    Message("user", ("This is Milo.",)),
    Message("assistant", ("Milo, then.",)),
    Message("user", ("Who is it?",)),
)
"""What templates are tried on: every role, and a turn to be written."""


def fault(variant: Variant, checkpoint: Path) -> str | None:
    """What is wrong with the variant's template, in one line. None = nothing, or the checkpoint has no template."""
    if read_folder(checkpoint) is None:
        return None
    template = read(variant)
    if template is None:
        return "it carries no chat template, the checkpoint does"
    correct = _render(template) == _as_the_app_renders()
    return None if correct else "its chat template does not write ChatML as the model learnt it"


def read(variant: Variant) -> str | None:
    """The template that a variant carries, if any."""
    if variant.engine == "llama.cpp":
        from gguf import GGUFReader

        field = GGUFReader(variant.language).fields.get("tokenizer.chat_template")
        return field.contents() if field else None
    return read_folder(variant.language)


def read_folder(folder: Path) -> str | None:
    """The template in a transformers or MLX folder, if any."""
    template, settings = folder / "chat_template.jinja", folder / "tokenizer_config.json"
    if template.exists():
        return template.read_text(encoding="utf-8")
    config = json.loads(settings.read_text(encoding="utf-8")) if settings.exists() else {}
    return config.get("chat_template")


def _as_the_app_renders() -> str:
    """`CONVERSATION` in the app's ChatML."""
    return "".join(p.text for p in pieces(CONVERSATION) if not isinstance(p, Photo))


def _render(template: str) -> str | None:
    """`CONVERSATION` by a template; None when the template is broken."""
    from jinja2 import TemplateError
    from transformers.utils.chat_template_utils import render_jinja_template

    messages: list[dict[str, Any]] = [{"role": m.role, "content": m.parts[0]} for m in CONVERSATION]
    try:
        rendered, _ = render_jinja_template([messages], chat_template=template, add_generation_prompt=True)
    except TemplateError:
        return None
    return rendered[0]
