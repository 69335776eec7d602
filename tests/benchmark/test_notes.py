"""Notes about photos: marks, slots filled anew, splits that never mix, and checks that notice what is wrong."""

from __future__ import annotations

import json
import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from benchmark.__main__ import main
from benchmark.notes import check_notes, told_words
from benchmark.notes.collection import DEV_SHARE, HELD_OUT, TEST_SHARE, Family, all_notes, load, notes_of
from benchmark.notes.day_forms import other_day, other_number, other_time
from benchmark.notes.note import GENERAL
from benchmark.notes.notes_card import card, counts
from benchmark.notes.notes_cli import CARD
from benchmark.notes.slot_values import LISTED, SPLITS, gender, values
from benchmark.notes.template import render
from benchmark.notes.variety import sentence_shapes, variety
from benchmark.world.dialogue import words as world_words
from memory.errors import KeepsakeError

FAMILIES = load()
NOTE = """note: 001 | toy | zebra | {Moses} the zebra
That's {NICK:Moses}, the zebra {F:Anna} got for her [event: {NUM:4th} birthday], an {NUM:8} euro bargain
from {CITY:Rome}
say: This is {Moses}, the zebra {Anna} got for her {4th} birthday, an {8} euro bargain from {Rome}.
say: {Anna}'s zebra {Moses} from {Rome}, for her {4th} birthday.
ask: Whose zebra is it? | {Anna}'s | It is {Anna}'s.
ask: Where is it from? | {Rome} | From {Rome}.
untold: Who gave it to her? | You did not say.
absent: Who is the man? | You told me of no man.
"""


def family(tmp_path: Path, text: str = NOTE, *changes: tuple[str, str]) -> tuple[Family, ...]:
    """The families of one file with this text, after some changes to it."""
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "tester.txt").write_text(text, encoding="utf-8")
    return load(tmp_path)


def problems(tmp_path: Path, *changes: tuple[str, str]) -> str:
    return "\n".join(check_notes.problems(family(tmp_path, NOTE, *changes)))


def test_our_notes_keep_every_rule() -> None:
    assert list(check_notes.problems(FAMILIES)) == []


def test_the_card_in_the_repository_is_of_these_notes() -> None:
    assert CARD.read_text(encoding="utf-8") == card(FAMILIES), "python -m benchmark notes card --save"


def test_a_note_as_it_was_written(tmp_path: Path) -> None:
    [note] = family(tmp_path)[0].written()
    assert note.text == "That's Moses, the zebra Anna got for her 4th birthday, an 8 euro bargain\nfrom Rome"
    assert note.label == "Moses the zebra"
    assert note.facts("event") == ("4th birthday",) and note.facts("place") == ("Rome",)
    assert note.questions[0].answers == ("Anna's", "It is Anna's.")
    assert [len(q.answers) for q in note.questions] == [2, 2, 2, 2], "a general answer stands beside the written one"
    assert note.questions[2].answers[1] in GENERAL["untold"] and note.questions[3].answers[1] in GENERAL["absent"]


def test_a_voice_that_goes_on_in_a_second_file_is_held_out_too(tmp_path: Path) -> None:
    (tmp_path / "widower-b.txt").write_text(NOTE, encoding="utf-8")
    [one] = load(tmp_path)
    assert (one.id, one.notes[0].voice, one.split) == ("widower-b-001", "widower", HELD_OUT["widower"])


def test_filled_anew_everywhere_alike_and_with_the_right_article(tmp_path: Path) -> None:
    [one] = family(tmp_path)
    articles = set()
    for seed in range(40):
        [note] = one.filled(seed)
        name, owner, place = note.facts("name")[0], note.facts("person")[0], note.facts("place")[0]
        assert owner in values(one.split)["F"] and place in values(one.split)["CITY"]
        assert note.captions[1].startswith(f"{owner}'s zebra {name} from {place}, for her ")
        assert note.questions[0].answers[0] == f"{owner}'s" and note.label == f"{name} the zebra"
        assert "Anna" not in note.text and "{" not in note.text + "".join(note.captions)
        found = re.search(r"\b(an?) (\d+) euro", note.text)
        assert found and (found[1] == "an") == (found[2] in ("8", "11", "18")), note.text
        articles.add(found[1])
        assert one.filled(seed) == one.filled(seed)
    assert articles == {"a", "an"}


def test_capitals_and_later_notes_go_with_the_slot(tmp_path: Path) -> None:
    later = (
        "\nnote: 002 | toy | zebra | {Moses} the zebra\nfollows: 001\nstale: from {Rome}\n"
        "i was wrong about {moses}, it's [place: from my aunt], ANNA says. {ANNA}!"
    )
    [one] = family(tmp_path, NOTE + later.replace("ANNA says", "she says"))
    first, second = one.filled(3)
    assert second.text.startswith(f"i was wrong about {first.facts('name')[0].lower()}, it's from my aunt")
    assert second.text.endswith(f"{first.facts('person')[0].upper()}!")
    assert second.stale == (f"from {first.facts('place')[0]}",)


def test_days_and_numbers_keep_their_form() -> None:
    forms = {
        "12 May": r"\d\d (March|April|May)",
        "3rd of june 2019": r"\d\d(st|nd|rd|th) of (June|July|August) 20\d\d",
        "May 12th, 2019": r"(March|April|May) \d\d(st|nd|rd|th), 20\d\d",
        "24.12.": r"\d\d\.(12|0?1|0?2)\.",
        "12/5/19": r"\d\d/[345]/\d\d",
        "5/22/2019": r"[345]/\d\d/20\d\d",
        "2019-02-03": r"20\d\d-(12|01|02)-\d\d",
    }
    numbers = {"4th": r"\d(st|nd|rd|th)", "four": r"[a-z]+", "fourth": r"[a-z]+(th|d)", "1,200": r"(\d,)?\d00"}
    rng = np.random.default_rng(0)
    for _ in range(50):
        for written, form in forms.items():
            assert re.fullmatch(form, other_day(rng, written)), written
        for written, form in numbers.items():
            assert re.fullmatch(form, other_number(rng, written)), written
        assert re.fullmatch(r"\d{1,2}:\d\d", other_time(rng, "6:30"))
    for wrong in ("someday", "40.40."):
        with pytest.raises(ValueError, match=re.escape(repr(wrong))):
            other_day(rng, wrong)


def test_values_of_one_split_are_in_no_other() -> None:
    """Neither in these lists nor in those of the picture world: what trains on both must not meet test names."""
    for one, other in combinations(SPLITS, 2):
        for kind in LISTED:
            assert set(values(one)[kind]).isdisjoint(values(other)[kind]), (kind, one, other)
    for one in SPLITS:
        for other in set(SPLITS) - {one}:
            theirs = {*world_words(other)["names"], *world_words(other)["cities"]}
            assert theirs.isdisjoint({v for kind in LISTED for v in values(one)[kind]}), (one, other)


def test_splits_hold_whole_families_and_voices() -> None:
    for one in FAMILIES:
        assert one.split == HELD_OUT.get(one.notes[0].voice, one.split)
    ids = [{note.id for note in all_notes(notes_of(split))} for split in SPLITS]
    assert sum(map(len, ids)) == len(set().union(*ids)) == len(all_notes(FAMILIES))
    assert 0 < DEV_SHARE < TEST_SHARE < 0.2


def test_no_held_out_name_is_in_what_is_trained_on() -> None:
    held = {value for split in ("dev", "test") for kind in LISTED for value in values(split)[kind]}
    for one in notes_of("train"):
        for note in one.filled(7):
            found = {w for w in re.findall(r"[^\W\d_][\w'-]+", note.text) if w[0].isupper()} & held
            assert not found, (note.note.id, found)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("say: This is {Moses}", "say: This is your uncle's {Moses}"), "the caption tells uncle's"),
        (("from {Rome}.\nsay", "from {Rome} in 1999.\nsay"), "the caption tells 1999"),
        (("say: This is {Moses}", "say: My {Moses}"), "speaks to the owner"),
        (("ask: Where is it from? | {Rome}", "ask: Where is it from? | a farm"), "not there: farm"),
        (("| You did not say.", "| You bought it on Sunday."), "an answer tells Sunday"),
        (("birthday], an", "birthday] with Zuri, an"), "the name Zuri"),
        (("absent: Who is the man? | You told me of no man.\n", ""), "a question of each kind"),
        (("{NUM:8} euro", "{NUM:4th} euro"), "a slot 2 times"),
        (("say: {Anna}'s", "say: {Otto}'s"), "refers to no slot"),
        (("[event: ", "[evnt: "), "no kind of fact"),
        (("{CITY:Rome}", "{DAY:Rome}"), "'rome' is no day"),
        (("| {Moses} the zebra", "| the zebra for 8 euros"), "filled anew, the note does not tell 8"),
        (("| From {Rome}.", "| From {Rome}.."), "two full stops"),
    ],
)
def test_checks_notice(tmp_path: Path, change: tuple[str, str], complaint: str) -> None:
    assert problems(tmp_path) == ""
    assert complaint in problems(tmp_path, change)


def test_near_duplicates_are_refused(tmp_path: Path) -> None:
    copy = NOTE.replace("note: 001", "note: 002").replace("Anna", "Paula").replace("Rome", "Lyon").replace("8", "9")
    found = list(check_notes.problems(family(tmp_path, f"{NOTE}\n{copy}")))
    assert len(found) == 1 and "tester-002" in found[0] and "the same runs of words as tester-001" in found[0]


def test_a_file_that_is_none_costs_one_line(tmp_path: Path) -> None:
    for change, complaint in (
        (("note: 001 | toy | zebra | {Moses} the zebra", "note: 001 | toy"), "tester.txt:1: a note begins with"),
        (("| toy |", "| ghost |"), "'ghost' is no kind of thing"),
        (("ask: Where is it from? | {Rome} | From {Rome}.", "ask: Where is it from?"), "a question needs an answer"),
    ):
        with pytest.raises(KeepsakeError, match=re.escape(complaint)):
            family(tmp_path, NOTE, change)
    with pytest.raises(KeepsakeError, match="another note tester-001"):
        family(tmp_path, f"{NOTE}\n{NOTE}")


def test_facts_are_told_apart_from_words() -> None:
    told = "my mum bought the red boat in May, four euros, with Ann"
    assert told_words.untold("Your mother bought the red boat in May for 4 euros with Ann.", told) == []
    assert told_words.untold("Gregory's blazer", "gregorys blazer") == []
    assert told_words.untold("Your aunt bought the blue boat in June for 5 euros with Bob.", told) == [
        "aunt",
        "blue",
        "June",
        "5",
        "Bob",
    ]


def test_variety_tells_templates_from_people() -> None:
    same = variety([f"This is {name}. We were at the lake." for name in ("Ann", "Bob", "Cem", "Dee")])
    assert same.commonest_shape == 0.5 and same.shape == "this is _" and same.openings == 1.0
    assert sentence_shapes("Gone! This is Milo, my dog.") == ["this is _ my _"]
    numbers = counts(FAMILIES)
    notes, templates = numbers["variety"], numbers["templates"]
    assert notes["type_token"] > 1.3 * templates["type_token"]
    assert notes["commonest_shape"] < templates["commonest_shape"] and notes["openings"] > templates["openings"]


def test_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    family(tmp_path, NOTE)
    at = ["--data", str(tmp_path)]
    assert main(["notes", "check", "--json", *at]) == 0
    assert json.loads(capsys.readouterr().out) == {"notes": 1, "problems": []}
    page = tmp_path / "page.html"
    assert main(["notes", "page", "--out", str(page), *at]) == 0
    assert '<mark class="event" title="event">4th birthday</mark>' in page.read_text(encoding="utf-8")
    capsys.readouterr()
    [one] = load(tmp_path)
    assert main(["notes", "export", "--split", one.split, *at]) == 0
    row = json.loads(capsys.readouterr().out)
    kind, start, end = row["spans"][0]
    assert (row["id"], row["split"], kind) == ("tester-001", one.split, "name") and row["text"][start:end] in row[
        "label"
    ]
    family(tmp_path, NOTE, ("say: This", "say: My"))
    assert main(["notes", "check", *at]) == 1
    family(tmp_path, NOTE, ("say: {Anna}", "say: {Otto}"))
    capsys.readouterr()
    assert main(["notes", "page", "--out", str(page), *at]) == 1
    assert "notes check says which" in capsys.readouterr().err


def test_a_label_speaks_to_the_owner(tmp_path: Path) -> None:
    assert "the label speaks" in problems(tmp_path, ("| {Moses} the zebra", "| my zebra"))
    assert problems(tmp_path, ("| {Moses} the zebra", "| your zebra")) == problems(tmp_path)


def test_a_mark_that_makes_no_sense_is_refused() -> None:
    for wrong in ("a [place: without end", "a ] stray", "{unknown}", "[place: in [day: other]]"):
        with pytest.raises(ValueError):
            render(wrong, {})


def test_names_keep_the_pronouns_and_sentences_their_capitals(tmp_path: Path) -> None:
    change = ("note: 001", "note: 002"), ("{NICK:Moses}", "{NICK:Lola}"), ("{Moses}", "{Lola}")
    [one] = family(tmp_path, NOTE, *change, ("say: This is {Lola},", "say: {8} euros for {Lola},"))
    spoken = one.filled(0, "train")[0]
    assert all(
        gender(one.filled(seed, split)[0].facts("name")[0].lower()) != "he" for seed in range(30) for split in SPLITS
    )
    assert spoken.captions[0][0].isdigit()
    neither = ("note: 001", "note: 003"), ("{NICK:Moses}", "{PET:Schnitzel}"), ("{Moses}", "{Schnitzel}")
    [three] = family(tmp_path, NOTE, *neither)
    assert not any(
        gender(three.filled(seed, split)[0].facts("name")[0].lower()) for seed in range(30) for split in SPLITS
    )
    written = NOTE.replace("{NUM:8} euro", "{NUM:eight} euro").replace(
        "say: This is {Moses}", "say: {eight} euros! {Moses}"
    )
    [two] = family(tmp_path, written.replace("an {8} euro bargain", "a bargain"))
    assert all(two.filled(seed)[0].captions[0][0].isupper() for seed in range(5))


def test_an_ending_belongs_to_its_number(tmp_path: Path) -> None:
    assert "write {NUM:4th}" in problems(tmp_path, ("{NUM:4th}", "{NUM:4}th"))
