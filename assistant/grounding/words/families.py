"""Words that speak of one matter: who got married is told by "Lena's wedding", whose it is by "my daughter used it".

Related words say where an answer may stand. They are not equal (`lexicon.SAME`): no claim is supported by them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from assistant.grounding.words import lexicon
from assistant.grounding.words.tokens import Token, alike, stem

OWNING = "belong own owner owned property whose use used"
"""Beside these words, "Lena's" and "my" tell whose something is."""
_FAMILIES = (
    f"{OWNING} inherit borrow left lend lent possess",
    "marry married marriage wedding wed bride groom engaged engagement fiance fiancee husband wife honeymoon",
    "born birth birthday newborn baby",
    "die died dead death funeral buried grave pass passed",
    "buy bought purchase purchased get got order shop market cost price pay paid expensive cheap worth",
    "gift present give gave given giver got",
    "make made maker knit sew carve paint draw drew build built bake write wrote craft handmade invent",
    "break broke broken damage damaged crack cracked scratch scratched snap happen happened accident lost stolen",
    "repair fix mend glue sew restore",
    "ill sick disease hurt pain operation surgery hospital doctor vet allergic healthy injured",
    "live lived home house flat move moved grow grew resident address",
    "work worked job profession employed employer office boss retire retired career",
    "travel trip journey holiday vacation tour fly flew visit",
    "eat ate food feed fed meal lunch dinner breakfast cook cooked taste hungry",
    "afraid fear scare scared frighten hate dislike",
    "win won prize medal race competition winner award",
    "adopt adopted shelter rescue rescued breeder stray",
    "study studied school university graduate graduated graduation student learn learned teach taught teacher",
    "meet met know introduce",
    "sleep slept bed asleep nap",
    "steal stole stolen nick nicked pinch pinched swipe swiped snatch snatched thief robbed",
    "weather rain raining rained rainy sun sunny snow snowing snowed storm stormy wind windy cold hot warm"
    " cloudy fog pour poured hail drizzle",
    "play played game toy music sing sang instrument",
)
_OF: dict[str, set[int]] = {}
for _number, _words in enumerate(_FAMILIES):
    for _word in _words.split():
        _OF.setdefault(stem(_word), set()).add(_number)
_OWNING = {stem(word) for word in OWNING.split()}


def related(one: str, other: str) -> bool:
    """Whether two stems say nearly the same, or speak of one matter."""
    return alike(one, other) or not _OF.get(one, set()).isdisjoint(_OF.get(other, ()))


def asks_whose(stems: Iterable[str]) -> bool:
    """Whether one of the stems asks to whom something belongs."""
    return not _OWNING.isdisjoint(stems)


def family_words(words: Iterable[str]) -> list[str]:
    """All words of the families of these words, in the order of the table, without the words themselves."""
    given = [word.casefold() for word in words]
    numbers = sorted({number for word in given for number in _OF.get(stem(word), ())})
    found = dict.fromkeys(word for number in numbers for word in _FAMILIES[number].split())
    return [word for word in found if word not in given]


def same_words(words: Iterable[str]) -> list[str]:
    """The words that say nearly the same as one of these ("bear": "teddy"), without these themselves."""
    given = dict.fromkeys(word.casefold() for word in words)
    return [one for word in given for group in lexicon.SAME for one in group if word in group and one not in given]


def same_sense(kind: str, question: str, found: Sequence[Token]) -> bool:
    """Verbs that ask for what another verb tells: giving and getting, costing and paying, making and sewing."""
    low = question.lower()
    here = {t.stem for t in found}
    groups = (
        ("give gave given from got get", "get give bring from gift won win sew make present"),
        ("cost pay paid price expensive", "cost pay euro pound dollar each buy"),
        ("birthday", "turn birthday born"),
        ("made make", "sew draw paint make build knit bake write"),
        ("drink drank eat ate", "have drink eat order"),
    )
    for asks, tells in groups:
        if any(re.search(rf"\b{w}\b", low) for w in asks.split()) and here & {stem(w) for w in tells.split()}:
            return True
    return (
        kind == "number"
        and any(t.kind == "number" for t in found)
        and "old" in low.split()
        and bool(here & {stem(word) for word in ("turn", "year", "birthday", "aged", "age")})
    )
