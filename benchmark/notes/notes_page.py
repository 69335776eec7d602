"""A page to browse the notes: facts marked, captions and questions below, filters by voice, kind and split."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from benchmark.notes.collection import Family
from benchmark.notes.note import KINDS, FilledNote
from benchmark.notes.slot_values import SPLITS
from benchmark.notes.template import FACTS, Span

HEAD = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Notes about photos</title>
<meta name="viewport" content="width=device-width">
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
article { border-top: 1px solid #8886; padding: .8rem 0 }
h2 { font-size: 1rem; margin: 0; font-weight: 600 } small { opacity: .7; font-weight: 400 }
p { margin: .3rem 0; white-space: pre-line } ul { margin: .3rem 0; padding-left: 1.2rem }
mark { color: inherit; border-radius: .2rem; padding: 0 .15rem; background: #fc08 }
mark.name, mark.person { background: #4af5 } mark.place { background: #4c85 }
mark.day, mark.number { background: #c8f5 }
mark.reminder { background: #f665 }
.say { border-left: 3px solid #4af8; padding-left: .6rem }
li b { font-weight: 500 } li.untold, li.absent { opacity: .8 }
select, input { font: inherit }
</style>
<h1>Notes about photos</h1>
"""
SCRIPT = """<script>
const chosen = [...document.querySelectorAll("select")];
const find = document.querySelector("input"), out = document.querySelector("output");
function show() {
  let n = 0;
  for (const a of document.querySelectorAll("article")) {
    a.hidden = chosen.some(s => s.value && a.dataset[s.name] !== s.value)
      || !a.textContent.toLowerCase().includes(find.value.toLowerCase());
    n += !a.hidden;
  }
  out.textContent = n + " notes";
}
document.querySelectorAll("select, input").forEach(e => e.addEventListener("input", show)); show();
</script>
"""


def page(families: Sequence[Family]) -> str:
    """The page, HTML that needs nothing else; notes are shown as they were written."""
    written = [(family, filled) for family in families for filled in family.written()]
    choices = {
        "voice": sorted({f.note.voice for _, f in written}),
        "kind": sorted({f.note.kind for _, f in written}),
        "split": SPLITS,
    }
    filters = "".join(_select(name, options) for name, options in choices.items())
    legend = " ".join(f'<mark class="{kind}">{kind}</mark>' for kind in FACTS)
    head = f'<p>{filters} <input placeholder="find words" aria-label="find words"> <output></output></p><p>{legend}</p>'
    return HEAD + head + "\n".join(_article(family, filled) for family, filled in written) + SCRIPT


def _select(name: str, options: Iterable[str]) -> str:
    listed = "".join(f"<option>{escape(option)}</option>" for option in options)
    return f'<select name="{name}" aria-label="{name}"><option value="">every {name}</option>{listed}</select> '


def _article(family: Family, filled: FilledNote) -> str:
    note = filled.note
    follows = f", follows {note.follows}" if note.follows else ""
    lines = [
        f'<article data-voice="{escape(note.voice)}" data-kind="{escape(note.kind)}" data-split="{family.split}">'
        f"<h2>{escape(filled.label)} <small>{escape(note.id)}, {escape(' and '.join(note.things))}{follows}, "
        f"{family.split}, read by {note.read}</small></h2>",
        f"<p>{_marked(filled.text, filled.spans)}</p>",
        *(f'<p class="say">{escape(caption)}</p>' for caption in filled.captions),
        "<ul>",
    ]
    for kind in KINDS:
        for q in filled.questions:
            if q.kind == kind:
                answers = " / ".join(escape(answer) for answer in q.answers)
                lines.append(f'<li class="{kind}"><b>{escape(q.text)}</b> <small>{kind}</small><br>{answers}</li>')
    return "\n".join([*lines, "</ul></article>"])


def _marked(text: str, spans: Sequence[Span]) -> str:
    """The text with its facts marked; of facts inside each other the outermost."""
    outer = [s for s in spans if not any(o is not s and o.start <= s.start and s.end <= o.end for o in spans)]
    out, at = "", 0
    for span in sorted(outer, key=lambda s: s.start):
        words = escape(text[span.start : span.end])
        out += escape(text[at : span.start]) + f'<mark class="{span.kind}" title="{span.kind}">{words}</mark>'
        at = span.end
    return out + escape(text[at:])
