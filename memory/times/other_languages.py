"""Times in German, French, Spanish, Italian, Portuguese and Dutch, written in English: "vor August 2020", "en mars 20".

Months with a day or a year, seasons and feasts with a year, and the words that limit them. What is relative ("letztes
Jahr", "il y a deux ans") is not read.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from memory.times.calendar_names import MONTHS
from memory.times.spelling_parts import YEAR, Rules

_MONTHS = {
    name: month
    for month, names in {
        "january": "januar jänner janvier enero gennaio janeiro januari",
        "february": "februar feber février fevrier febrero febbraio fevereiro februari",
        "march": "märz maerz mars marzo março maart",
        "april": "avril abril aprile",
        "may": "mai mayo maggio maio mei",
        "june": "juni juin junio giugno junho",
        "july": "juli juillet julio luglio julho",
        "august": "août aout agosto augustus",
        "september": "septembre septiembre setiembre settembre setembro",
        "october": "oktober octobre octubre ottobre outubro",
        "november": "novembre noviembre novembro",
        "december": "dezember décembre decembre diciembre dicembre dezembro",
    }.items()
    for name in names.split()
}
_NAMES = {
    name: english
    for english, names in {
        "spring": "frühling frühjahr printemps primavera voorjaar lente",
        "summer": "sommer été verano estate verão zomer",
        "autumn": "herbst automne otoño autunno outono herfst",
        "winter": "hiver invierno inverno",
        "christmas": "weihnachten noël navidad natale natal kerst kerstmis",
        "easter": "ostern pâques pascua pasqua páscoa pasen",
        "pentecost": "pfingsten pentecôte pentecostés pentecoste pinksteren",
        "new year's eve": "silvester nochevieja oudejaarsavond",
    }.items()
    for name in names.split()
}
_MONTH = rf"(?:{'|'.join(sorted((*_MONTHS, *MONTHS), key=len, reverse=True))})\b"
_OF = r"(?: de| del| di| d['’]|,| van)?"
_DAY = r"\d\d?(?:\.|er|º|°)?"
_A_TIME = (
    rf"(?=(?:{'|'.join((*MONTHS, *sorted(set(_NAMES.values()))))})\b|{YEAR}\b|\d\d?[./-]\d\d?[./-]"
    rf"|\d\d? (?:{'|'.join(MONTHS)})\b)"
)
_ARTICLE = r"(?: de[mnr]| das| des| le| la| el| il| lo| o| os| de| het| l['’])?"
_LIMITS = {
    "before": "vor|avant|antes de|antes del|antes do|antes da|prima del|prima di|prima della|voor",
    "until": "bis|bis zum|bis einschließlich|jusqu['’]au|jusqu['’]en|jusqu['’]à|hasta|fino al|fino a|até|até a"
    "|tot|tot en met",
    "since": "seit|ab|depuis|à partir de|à partir du|desde|a partir de|sinds|vanaf|dal|dalla",
    "after": "nach|après|después de|después del|depois de|depois do|dopo|na",
    "except": "außer|außer im|ausser|ausser im|ohne|nicht|nicht im|nicht in|nicht am|sauf|sauf en|pas en|salvo|salvo en"
    "|menos|menos en|menos em|excepto|excepto en|tranne|eccetto|exceto|exceto em|behalve|behalve in|niet in|niet op"
    "|aber nicht im|mais pas en|pero no en|ma non nel",
    "early": "anfang|début|principios de|comienzos de|início de|inizio",
    "mid": "mitte|mi|mediados de|meados de|metà|midden",
    "end of": "ende|fin|fin de|finales de|fim de|fine|eind",
    "in": "im|im jahr|im jahre|en|em|nel|nell['’]|nel mese di|dans|en el|in het jaar|in de|au|à|a|am",
}
_FROM = rf"(?:vom|von|du|de l['’]|del|de|dal|dall['’]|da|van|desde){_ARTICLE} "
_TO = rf" (?:bis zum|bis|au|al|all['’]|à|ao|a|até|tot en met|tot|hasta|fino al){_ARTICLE} "
_BETWEEN, _AND = rf"(?:zwischen|entre|tra|fra|tussen){_ARTICLE} ", rf" (?:und|et|y|e|en){_ARTICLE} "
_END = rf"(?:{_DAY} ?)?(?:[\w./-]+ ?){{1,2}}?"


def elsewhere() -> Rules:
    """Names and limits of other languages."""
    yield rf"(?:le |el |il |den |o )?({_DAY})\.? ?(?:de |d['’])?({_MONTH}){_OF}(?: ({YEAR})\b)?", _dated
    yield rf"({'|'.join(_MONTHS)})\b{_OF} ({YEAR})\b", lambda m: f"{_MONTHS[m[1].lower()]} {m[2]}"
    yield (
        rf"(?:l['’])?({'|'.join(_NAMES)})\b(?: de| del| dell['’]anno| van)? ({YEAR})\b",
        lambda m: f"{_NAMES[m[1].lower()]} {m[2]}",
    )
    yield rf"{_FROM}({_END}){_TO}(?=\d)", _both_ends("from", "to")
    yield rf"{_BETWEEN}({_END}){_AND}(?=\d|(?:{'|'.join(MONTHS)})\b)", _both_ends("between", "and")
    for english, words in _LIMITS.items():
        said = "|".join(sorted(words.split("|"), key=len, reverse=True))
        time = _A_TIME if english != "in" else rf"{_A_TIME}(?=[^\d,.;?!]*{YEAR}\b)"
        yield rf"(?:{said})(?:{_ARTICLE} |(?<=['’])|(?<=mi)-){time}", f"{english} "


def _dated(match: re.Match[str]) -> str:
    """A day of a month; an English one stays as it is."""
    name = match[2].lower()
    day = re.sub(r"\D", "", match[1])
    if name not in _MONTHS and not match[1].endswith("."):
        return match[0]
    return " ".join(filter(None, (day, _MONTHS.get(name, name), match[3])))


def _both_ends(first: str, last: str) -> Callable[[re.Match[str]], str]:
    return lambda match: f"{first} {match[1]} {last} "
