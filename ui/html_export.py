"""Exports a stored conversation as one HTML file: photos embedded, nothing loaded, every word escaped."""

from __future__ import annotations

import base64
from html import escape
from pathlib import Path

from memory.db.stored_conversation import Line, Part, StoredConversation
from memory.episode import Photo, printable
from memory.errors import KeepsakeError
from memory.files import sync_file, whole_file
from ui.dialog_strings import CONVERSATION_OF
from ui.strings import EXPORT_EXISTS, EXPORT_FAILED, MARKS, SAID_BY, WEBPAGE_NOTE

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ max-width: 42rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.5 Georgia, serif;
  color: #35312b; background: #f7f2e9; }}
h1, footer, dt, time {{ font-family: system-ui, sans-serif; }}
h1 {{ font-size: 1.2rem; }} footer, dt, time {{ font-size: .8rem; color: #7a7264; }}
img {{ max-width: 100%; border-radius: .4rem; }}
dl {{ margin: 1rem 0 2rem; }} dd {{ margin: 0 0 .8rem; white-space: pre-wrap; overflow-wrap: anywhere; }}
.question, .remembered, .correction {{ border-left: .2rem solid #9a5f2c; padding-left: .8rem; }}
</style>
</head>
<body>
<h1>{title}</h1>
{parts}
<footer>{note}</footer>
</body>
</html>
"""


def page(conversation: StoredConversation) -> str:
    """The conversation as one HTML page, without anything to be loaded."""
    title = CONVERSATION_OF.format(when=conversation.parts[0].when)
    parts = "\n".join(map(_part, conversation.parts))
    return _PAGE.format(title=escape(title), parts=parts, note=escape(WEBPAGE_NOTE))


def save(conversation: StoredConversation, target: Path) -> None:
    """Write the page whole or not at all, readable by its owner only; an existing file is never overwritten.

    Raises KeepsakeError.
    """
    try:
        if target.exists():
            raise KeepsakeError(EXPORT_EXISTS.format(file=target))
        with whole_file(target, private=True) as partial:
            partial.write_text(page(conversation), encoding="utf-8")
            sync_file(partial)
        sync_file(target.parent)
    except OSError as error:
        raise KeepsakeError(EXPORT_FAILED.format(file=target, why=error.strerror)) from error


def _part(part: Part) -> str:
    lines = "\n".join(map(_line, part.lines))
    return (
        f"<section>\n<time>{part.when:%Y-%m-%d %H:%M} UTC</time>\n{_photo(part.photo)}<dl>\n{lines}\n</dl>\n</section>"
    )


def _photo(photo: Photo | None) -> str:
    if photo is None:
        return ""
    kind = "png" if photo.data.startswith(b"\x89PNG") else "jpeg"
    data = base64.b64encode(photo.data).decode()
    size = f'width="{photo.width}" height="{photo.height}"'
    return f'<p><img alt="" {size} src="data:image/{kind};base64,{data}"></p>\n'


def _line(line: Line) -> str:
    mark = f" {MARKS[line.mark]}" if line.mark in MARKS else ""
    text = "\n".join(printable(one) for one in line.text.split("\n"))
    return f'<dt>{escape(SAID_BY[line.kind])}</dt><dd class="{line.kind}">{escape(text + mark)}</dd>'
