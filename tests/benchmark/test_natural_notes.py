"""Captions and answers about natural notes: what is drawn, and that the scores cannot be had for nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from PIL import Image

from assistant import prompt
from assistant.backend import Message
from assistant.backends.fake import FakeBackend
from assistant.photo import from_image
from benchmark.runner import CachedWriter
from benchmark.tasks import natural_notes
from benchmark.tasks.natural_notes import NoteSample, draw, gold, score
from memory.episode import Photo


def view(things: Sequence[int], rng: np.random.Generator) -> Photo:
    return from_image(Image.new("RGB", (8, 8), tuple(int(c) for c in rng.integers(0, 256, 3))))


def shares(write: Callable[[NoteSample], tuple[str, list[str]]], shown: int = 1, n: int = 80) -> dict[str, float]:
    """The mean of every measure, over samples written about by `write`."""
    sums: dict[str, list[float]] = {}
    for sample in draw(view, 12, "dev", n, 3, 3, shown):
        for measure, (right, asked) in score(sample, *write(sample)).items():
            so_far = sums.setdefault(measure, [0.0, 0.0])
            so_far[0] += right
            so_far[1] += asked
    return {measure: right / asked for measure, (right, asked) in sums.items() if asked}


def test_what_is_right_scores_right() -> None:
    found = shares(gold)
    assert found["named"] > 0.95 and found["wrong"] < 0.04 and found["acc_neg"] > 0.97
    assert found["untold_abstained"] > 0.9 and found["absent_abstained"] > 0.9
    assert found["answer_right"] == 1 and found["answer_refused"] == 0
    assert found["reminder_spoken"] > 0.9


def test_two_things_are_both_to_be_named() -> None:
    both = shares(gold, shown=2)
    one = shares(lambda s: (s.notes[0].captions[0], gold(s)[1]), shown=2)
    assert both["named_all"] > 0.9 and one["named_all"] < 0.1 and 0.4 < one["named"] < 0.6


def test_telling_everything_or_nothing_pays_nothing() -> None:
    everything = shares(lambda s: (" ".join(note.text for note in s.notes), ["", "", ""]))
    assert everything["wrong"] > 0.95 and everything["acc_neg"] < 0.1
    nothing = shares(lambda s: ("", [""] * 3))
    assert nothing["named"] == 0 and nothing["acc_pos"] == 0 and nothing["acc_neg"] == 1 and nothing["wrong"] == 0
    assert nothing["answer_right"] == nothing["untold_abstained"] == nothing["absent_abstained"] == 0
    mute = shares(lambda s: ("You did not tell me that.", ["You did not tell me that."] * 3))
    assert mute["answer_refused"] > 0.97 and mute["untold_abstained"] == mute["absent_abstained"] == 1
    wrong = shares(lambda s: (s.notes[1].captions[0], gold(s)[1]))
    assert wrong["named"] < 0.05 and wrong["wrong"] > 0.95


def test_a_stranger_is_to_be_claimed_by_nobody() -> None:
    honest = shares(lambda s: ("I do not know anything in this photo.", ["", "", ""]), shown=0)
    assert honest["wrong"] == 0 and honest["nobody"] == 1 and "acc_pos" not in honest
    claimed = shares(lambda s: (s.notes[2].captions[0], ["", "", ""]), shown=0)
    assert claimed["wrong"] > 0.95 and claimed["nobody"] < 0.05


def test_a_sample_hides_nothing_and_is_drawn_again_alike() -> None:
    one, again = next(draw(view, 12, "dev", 1, 5)), next(draw(view, 12, "dev", 1, 5))
    assert one.query == again.query and [e.words for e in one.context] == [e.words for e in again.context]
    assert one.query.sha256 not in {e.photo.sha256 for e in one.context}, "a new photo"
    assert [q.kind for q in one.questions] == ["ask", "untold", "absent"]
    with pytest.raises(ValueError, match="3 memories need photos of 4 things, there are 3"):
        next(draw(view, 3, "dev", 1, 5, 3, 0))


def test_the_prompt_has_evidence_only_when_asked_for() -> None:
    sample = next(draw(view, 12, "dev", 1, 5))
    for evidence in ("none", "sure"):
        backend = FakeBackend(["A caption."])
        caption, answers = natural_notes.write(CachedWriter(backend), sample, evidence, prompt.CAPTION_REQUEST)  # type: ignore[arg-type]
        assert (caption, answers) == ("A caption.", ["A caption."] * 3)
        assert all(("Seen before" in _text(call)) == (evidence == "sure") for call in backend.calls)
        assert [sample.questions[i].text in _text(backend.calls[1 + i]) for i in range(3)] == [True] * 3


def test_texts_as_the_app_shows_them_have_the_users_words_for_what_was_made_up() -> None:
    sample = next(draw(view, 12, "dev", 1, 5))
    invented = CachedWriter(FakeBackend(["This is Zebulon at the court of Ulm."]))
    caption, answers = natural_notes.write(invented, sample, "sure", prompt.CAPTION_REQUEST, "told")
    assert "Zebulon" not in caption and not any("Zebulon" in answer for answer in answers)
    assert sample.notes[0].text.split()[0] in caption
    made_up = score(sample, caption, ["Zebulon.", "Zebulon.", "“Zebulon”"])["unknown_made_up"]
    assert made_up == (1.0, 2.0), "a claim in the model's words counts, a quote does not"


def _text(messages: tuple[Message, ...]) -> str:
    return "".join(part for m in messages for part in m.parts if isinstance(part, str))
