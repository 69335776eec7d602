"""The chat template that a form carries for other programs: does it write a conversation as the app does?

The app renders ChatML itself (`assistant/chatml.py`) and the model was trained on that. Ollama, LM Studio and kin take
the template out of the file: a wrong one there, and the same weights answer as another model.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assistant.backend import Message
from assistant.chatml import pieces
from memory.episode import Photo
from quantize.variants import Form

TALK = (
    Message("system", ("You help a person remember.",)),
    Message("user", ("This is Milo.",)),
    Message("assistant", ("Milo, then.",)),
    Message("user", ("Who is it?",)),
)


def of(form: Form) -> str | None:
    """The form's template; None when it carries none."""
    if form.engine == "llama.cpp":
        from gguf import GGUFReader

        field = GGUFReader(form.language).fields.get("tokenizer.chat_template")
        return field.contents() if field else None
    return of_folder(form.language)


def of_folder(folder: Path) -> str | None:
    """The template in a transformers or MLX folder."""
    own, settings = folder / "chat_template.jinja", folder / "tokenizer_config.json"
    if own.exists():
        return own.read_text(encoding="utf-8")
    found = json.loads(settings.read_text(encoding="utf-8")) if settings.exists() else {}
    return found.get("chat_template")


def fault(form: Form, checkpoint: Path) -> str | None:
    """What is wrong with the form's template, in a line. None: nothing, or the checkpoint itself has none."""
    if of_folder(checkpoint) is None:
        return None
    found = of(form)
    if found is None:
        return "it carries no chat template, the checkpoint does"
    return None if _rendered(found) == _wanted() else "its chat template does not write ChatML as the model learnt it"


def _wanted() -> str:
    return "".join(p.text for p in pieces(TALK) if not isinstance(p, Photo))


def _rendered(template: str) -> str | None:
    """The conversation by a template; None when the template cannot be used."""
    from jinja2 import TemplateError
    from transformers.utils.chat_template_utils import render_jinja_template

    talk: list[dict[str, Any]] = [{"role": m.role, "content": m.parts[0]} for m in TALK]
    try:
        rendered, _ = render_jinja_template([talk], chat_template=template, add_generation_prompt=True)
    except TemplateError:
        return None
    return rendered[0]
