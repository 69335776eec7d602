"""What is done with a typed line: it is kept, counts as an answer, corrects words, is asked, or gets a short reply.

The app and plain mode carry the decision out, and find the words for what is said. `acts.py` reads the line itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

from assistant.dialogue.acts import Act, act_of
from assistant.dialogue.corrected_elsewhere import of_the_named
from assistant.dialogue.denials import OnRecall, as_answer, to_keep
from assistant.dialogue.in_view import InView
from assistant.dialogue.sentences.about_app import of_the_user
from assistant.dialogue.sentences.plain_text import plain
from assistant.dialogue.things_elsewhere import thing_elsewhere
from assistant.dialogue.word_corrections import corrected, correction_of, in_view
from memory.episode import Episode, Photo
from memory.naming.told_elsewhere import told_elsewhere
from memory.store import Memory

REPLIES = {"y": True, "yes": True, "n": False, "no": False}
"""Answers to a question, in lower case."""
WEB_ADDRESS = re.compile(r"(?:https?|ftp)://|www\.\w", re.IGNORECASE)
"""The beginning of a web address."""
SEARCHED = 50
"""Memories that are looked through for the words to be corrected, where none in view has them."""

What = Literal[
    "web address", "wrong answer", "not the same", "no photo", "private", "not about this", "nowhere", "several", "talk"
]


@dataclass(frozen=True)
class Scene:
    """What a line is typed to."""

    view: InView
    photo: Photo | None
    """The photo in view."""
    reading: bool = False
    """Whether a photo was shown whose file is still being read."""
    private: bool = False

    @property
    def shown(self) -> bool:
        """Whether there is a photo that a line may speak of."""
        return self.photo is not None or self.reading


class Ask(NamedTuple):
    """The model is asked."""

    question: str


class Answer(NamedTuple):
    """The line says of a recalled memory that it is the same or not, and nothing else."""

    said: OnRecall


class Correct(NamedTuple):
    """The line puts right words in the place of wrong ones."""

    old: Episode
    new: Episode


class Say(NamedTuple):
    """The line gets a short reply."""

    what: What
    words: str = ""
    """The words that the reply speaks of."""
    question: str = ""
    """What the line asks the model besides; "" for nothing."""
    n: int = 0
    """How many memories have the words."""


class Keep(NamedTuple):
    """The line is remembered with the photo in view."""

    line: str
    words: str
    """What of the line tells something: shown where the user is asked."""
    kept: str
    """The words to be remembered."""
    said: OnRecall | None
    """What the line says of a recalled memory, too."""
    question: str
    """What the line asks the model besides; "" for nothing."""
    unsure: Literal["", "whether it tells", "what it is about"]
    """Why the user has to be asked first; "": nothing need be asked."""


Decision = Ask | Answer | Correct | Say | Keep


def decide(line: str, scene: Scene, memory: Memory | None) -> Decision:
    """What is done with `line`. `memory`: where to look for words to correct and for known names; None: it cannot be
    read, and nothing is corrected. Raises KeepsakeError when the memory cannot be read."""
    view = scene.view
    if WEB_ADDRESS.match(line):
        return Say("web address")
    same = REPLIES.get(line.lower())
    if same is not None and (recall := view.answerable(same)):
        return Answer(OnRecall(recall.episode, same))
    if memory and (correction := _correction(line, scene, memory)):
        return correction
    act = as_answer(act_of(line, asked=scene.shown and view.names_it), line, view.about or view.offered)
    if act.of_answer and view.answer_last:
        return Say("wrong answer")
    recall = view.meant(act)
    said = OnRecall(recall.episode, bool(act.verdict), act.denied) if recall else None
    if act.kind == "talk" and (scene.shown or act.verdict is None):
        return Answer(said) if said else Say("not the same" if act.verdict is False else "talk", line)
    if act.kind == "question" or not scene.shown:
        return Say("no photo", act.words, act.question) if act.kind == "tell" else Ask(line)
    if scene.private:
        return Say("private", question=act.question) if act.kind == "tell" else Ask(line)
    kept = to_keep(act, line, recall, view.recalls)
    return Keep(line, act.words, kept, said, act.question, _unsure(act, scene, memory))


def declined(keep: Keep) -> Ask | Say:
    """What is done with a line that shall not be kept, by the user's answer."""
    if keep.unsure == "what it is about":
        return Say("not about this", keep.words, keep.question)
    return Say("talk", keep.line) if of_the_user(plain(keep.line)) else Ask(keep.line)


def _correction(line: str, scene: Scene, memory: Memory) -> Correct | Say | None:
    """What a line corrects; None: nothing, or it does not say which words are wrong."""
    wanted = correction_of(line)
    if wanted is None:
        return None
    found = corrected(wanted, in_view(scene.view.recalls))
    if not found and wanted.old and (wanted.wish or scene.photo is None or scene.view.recalls):
        others = [recall.episode for recall in memory.search(wanted.old, k=SEARCHED)]
        found = corrected(wanted, others if wanted.wish else of_the_named(memory, line, wanted, others))
    if len(found) == 1:
        return Say("private") if scene.private else Correct(*found[0])
    if wanted.wish:
        return Say("several" if found else "nowhere", wanted.old, n=len(found))
    return None


def _unsure(act: Act, scene: Scene, memory: Memory | None) -> Literal["", "whether it tells", "what it is about"]:
    """Whether it is unclear that a line tells something, or that it tells of the photo in view and not of somebody
    or something known from other photos only: "Biscuit died", with a clock in view."""
    if act.kind == "unclear":
        return "whether it tells"
    if memory is None or scene.photo is None or scene.view.names_it or act.verdict is not None:
        return ""
    here = [scene.photo.sha256, *(recall.episode.photo.sha256 for recall in scene.view.recalls)]
    elsewhere = told_elsewhere(memory, act.words, here) or thing_elsewhere(memory, act.words, scene.view.recalls, here)
    return "what it is about" if elsewhere else ""
