"""Times told from today in eight languages, written in English: "letzten Sommer", "hace dos años", "w zeszłym roku".

The words are in `relative_words.py`, those of Japanese, Chinese and Korean in `east_asian_words.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from memory.times.calendar_names import WEEKDAYS
from memory.times.languages.foreign_parts import OR
from memory.times.languages.names_elsewhere import FEASTS_AND_SEASONS, FOREIGN_MONTH, MONTHS
from memory.times.languages.relative_words import LANGUAGES, Language
from memory.times.spelling_parts import Rules

_SEASONS = ("spring", "summer", "autumn", "winter")
_ARTICLE = (
    r"(?:(?:in (?:de[nrm]?|het|der)|im|am|an?|de[nrsm]?|die|das|des|d[ao]s?|le|la|les|l['’]|el|en el|en la|en|el|del"
    r"|los|las|il|lo|gli|i|nel(?:la|lo|l['’])?|negli|nei|nell['’]|dell[aeo]?|dell['’]|no|na|nos|nas|em|op|van|von"
    r"|w|we|z|ze) ?)?"
)
_NEARLY = (
    r"(?P<around>etwa |ungefähr |circa |ca\. ?|rund |fast |knapp |unos |unas |casi |como |cerca de |environ |presque "
    r"|à peu près |quasi |quase |ongeveer |bijna |około |prawie |niecałe |yaklaşık )"
)
_MORE = r"(?P<more>mehr als |über |más de |plus de |più di |mais de |meer dan |ruim |ponad |więcej niż )"
_LESS = r"(?P<less>weniger als |menos de |moins de |meno di |minder dan |mniej niż )"
_AND_A_HALF = r"(?P<half> y medi[oa]| et demie?| e mezz[oa]| e mei[oa]| i pół| en een half)"
_SEVERAL = re.compile(
    r"(?:ers|ères|ad[oa]s|im[oa]s|ors[ie]|ltim[ie]|ssat[ie])\b|\b(?:wochen|monaten?|jahren?|semaines|semanas|meses|años"
    r"|settimane|mesi|anni|anos|weken|maanden|jaren|tygodnie|miesiące)$",
    re.I,
)
"""Some weeks, months or years: "ces derniers mois"."""
_TO_OR_OR = r"(?: (?:oder|bis|ou|o|à|of|lub|albo|do|ya da|veya) |[ ]?[-–,][ ]?| )"
""" "Zwei bis drei", "due o tre", "iki üç"."""
_MONTHS_AND_FEASTS = {
    name: "|".join([name, *(word for word, meant in (MONTHS | FEASTS_AND_SEASONS).items() if meant == name)])
    for name in dict.fromkeys((*MONTHS.values(), "christmas", "easter"))
}
_OF_A_TIME = re.compile(
    rf" (?:d[eiou]l?|d['’]|della|van|w|i[mn]|von|des|der)?[ ]?(?:{FOREIGN_MONTH}|maja\b|marca\b|(?:19|20)\d\d)",
    re.I,
)
"""A month or a year behind: "the last week of August" is not last week."""
_FRENCH = re.compile(
    r"(?<!\w)(?:[cdjl]['’]|qu['’]|(?:qui|que|est|était|on (?:a|est|était|va)|nous|les|des|avec|chez|où)\b"
    r"|photos? d['’e])",
    re.I,
)
_GERMAN = re.compile(r"\b(?:ist|war|waren|wer|was|das|die|der|ich|wir|und|nicht|wo|sind|gibt)\b", re.I)
_BESIDE = {
    "before": "davor|vorher|avant|antes|prima|ervoor|daarvoor|wcześniej|przedtem|önce|önceki",
    "after": "danach|nachher|après|después|dopo|depois|erna|daarna|później|potem|sonra|sonraki",
}
"""What makes another time of the one that was said: "im Mai 2020 oder im Monat davor"."""


def relative_times() -> Iterable[tuple[str, Callable[[], Rules]]]:
    """ "Last week", "this year", "three months ago" in other languages: for each the words that its rules need."""
    for language in LANGUAGES:
        ago = language.ago.replace("{}", "").replace(" |", "|").strip()
        which = filter(None, (language.last, language.past, language.this, language.last_but_one))
        days = language.weekdays.replace("/", " ").split() if language.on != "-" else ()
        yield "|".join((*language.fixed.values(), *which, ago, *days)), lambda of=language: _of(of)  # type: ignore[misc]
    yield "hier", lambda: iter([(r"hier\b", _yesterday)])
    yield "|".join(_BESIDE.values()), _another_one


def _another_one() -> Rules:
    """ "Letzten Sommer und den davor"."""
    for ahead, behind in _BESIDE.items():
        also = rf"{OR} (?:[^\W\d]+ ){{0,3}}"
        yield rf"{also}(?:{behind})(?=\s*(?:[,.;:?!)]|$))", f"or the one {ahead}"


def _of(language: Language) -> Rules:
    """All rules of one language, in the order in which they are tried."""
    for meant, words in language.fixed.items():
        yield rf"(?:{words})(?![\w-])", meant
    numbers = _named(language.numbers, range(1, 13))
    number = rf"(?:\d{{1,3}}|{_any(numbers)})"
    or_more = rf"(?:(?P<least>{number}){_TO_OR_OR})?"
    many = rf"(?:(?P<few>{language.few})|{or_more}(?P<count>{number})) "
    yield from _some_time_ago(language, many, numbers)
    yield from _in_the_last(language, many, numbers)
    yield from _last_and_this(language)
    if language.on != "-":
        yield from _on_a_weekday(language)


def _some_time_ago(language: Language, many: str, numbers: dict[str, str]) -> Rules:
    """ "Vor drei Wochen", "il y a un an et demi", "rok temu"."""
    units, unit = language.units, _any(language.units)
    amount = (
        rf"(?:{_NEARLY}|{_MORE}|{_LESS})?(?:(?P<halfa>{language.half}) |{many})(?P<unit>{unit})\b{_AND_A_HALF}?"
        rf"|(?P<one>{unit if language.ago == '{} temu' else '(?!)'})"  # "rok temu"
    )
    for pattern in language.ago.split("|"):
        yield rf"{pattern.format(f'(?:{amount})')}(?!\w)", lambda m: _ago(m, units, numbers)


def _in_the_last(language: Language, many: str, numbers: dict[str, str]) -> Rules:
    """ "Die letzten drei Wochen", "les trois dernières semaines"."""
    units, unit = language.units, _any(language.units)
    last = "|".join(filter(None, (language.last, language.past)))
    for order in (f"(?:{last}) {many}", f"{many}(?:{last}) "):
        yield rf"{_ARTICLE}{order}(?P<unit>{unit})\b", lambda m: _last_many(m, units, numbers)
    yield rf"{_ARTICLE}{many}(?P<unit>{unit}) (?:{last})\b", lambda m: _last_many(m, units, numbers)


def _last_and_this(language: Language) -> Rules:
    """ "Letzte Woche", "l'été dernier", "dieses Jahr", "przedostatni weekend"."""
    seasons, weekdays = _named(language.seasons, _SEASONS), _named(language.weekdays, WEEKDAYS)
    names = seasons | weekdays | language.units | _MONTHS_AND_FEASTS  # "zeszłego lata": a summer's
    which = {"before": language.last_but_one, "last": language.last, "past": language.past, "this": language.this}
    for meant, words in which.items():
        if words:
            said = rf"(?P<name>{_any(names)})\b"
            yield rf"{_ARTICLE}(?:{words})(?: |(?<=['’])){said}", _which(meant, names)
            if meant != "this":
                yield rf"{_ARTICLE}(?P<name>{_any(names)}) (?:{words})\b", _which(meant, names)


def _on_a_weekday(language: Language) -> Rules:
    """ "Am Montag", "el lunes"; the French "lundi" has no word before it."""
    weekdays = _named(language.weekdays, WEEKDAYS)
    on = f"(?:{language.on}) " if language.on else r"(?<!\ble )(?<!\bchaque )"
    day = _any(weekdays).replace("(?:-feira)?", "-feira")
    yield (
        rf"{on}(?P<name>{day})\b(?! gras| santa)",
        lambda m: f"on {_meant(m['name'], weekdays)}" if language.on or _FRENCH.search(m.string) else m[0],
    )


def _yesterday(match: re.Match[str]) -> str:
    """The French "hier", which is "here" in German."""
    french, german = _FRENCH.search(match.string), _GERMAN.search(match.string)
    return "yesterday" if french and not german else match[0]


def _named(words: str, meant: Iterable[object]) -> dict[str, str]:
    """For each English name the forms of it, as a regular expression."""
    return {
        str(name): "|".join(forms.replace("_", " ").split("/"))
        for name, forms in zip(meant, words.split(), strict=True)
    }


def _any(names: dict[str, str]) -> str:
    return f"(?:{'|'.join(names.values())})"


def _meant(text: str, names: dict[str, str]) -> str:
    return next(name for name, forms in names.items() if re.fullmatch(forms, text, re.I))


def _which(which: str, names: dict[str, str]) -> Callable[[re.Match[str]], str]:
    """What writes "last week" in English, by which it is: before (the last but one), last, past or this."""

    def write(match: re.Match[str]) -> str:
        name = _meant(match["name"], names)
        of = name != "year" and which != "this" and _OF_A_TIME.match(match.string, match.end())
        some_years = which == "past" and match[0].lower().endswith("ie lata")  # "ostatnie lata"
        if of or name == "day" or some_years:
            return match[0]
        if which in ("last", "past") and _SEVERAL.search(match[0]):
            return f"in the last few {name}s" if name in ("week", "month", "year") else match[0]
        if which == "past" and name in ("week", "month", "year"):
            return f"since last {name}"
        return f"the {name} before last" if which == "before" else f"{'this' if which == 'this' else 'last'} {name}"

    return write


def _amount(match: re.Match[str], units: dict[str, str], numbers: dict[str, str]) -> tuple[str, str]:
    """The number and the unit of "drei Wochen"; "a few" where nobody says how many."""
    unit = _meant(match["unit"], units)
    count = match["count"]
    if not count:
        return "a few", unit
    return (count if count.isdigit() else _meant(count, numbers)), unit


def _ago(match: re.Match[str], units: dict[str, str], numbers: dict[str, str]) -> str:
    found = match.groupdict()
    if found.get("one"):
        return f"a {_meant(match['one'], units)} ago"
    if found["halfa"]:
        return f"half a {_meant(match['unit'], units)} ago"
    count, unit = _amount(match, units, numbers)
    if unit == "weekend" and count == "a few":
        return match[0]
    near = "around " if found["around"] else "more than " if found["more"] else "less than " if found["less"] else ""
    least = found["least"] and (found["least"] if found["least"].isdigit() else _meant(found["least"], numbers))
    count = f"{least} or {count}" if least else count
    return f"{near}{count} {unit}{'s' * (count != '1')}{' and a half' if found['half'] else ''} ago"


def _last_many(match: re.Match[str], units: dict[str, str], numbers: dict[str, str]) -> str:
    count, unit = _amount(match, units, numbers)
    return match[0] if unit == "weekend" else f"in the last {count.removeprefix('a ')} {unit}s"
