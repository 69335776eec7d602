"""Times in German, French, Spanish, Italian, Portuguese and Dutch, written in English: "vor August 2020", "en mars 20".

Months with a day or a year, seasons and feasts with a year, and the words that limit them. What is relative ("letztes
Jahr", "il y a deux ans") is not read.
"""

from __future__ import annotations

import re

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
_FOREIGN = rf"(?:{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b"
_MONTH = rf"(?:{'|'.join(sorted((*_MONTHS, *MONTHS), key=len, reverse=True))})\b"
_OF = r"(?: de| del| di| d['’]|,| van)?"
_DAY = r"\d\d?(?:\.|er|º|°)?"
_A_TIME = (
    rf"(?=(?:(?:early|mid|end of) )?(?:{'|'.join((*MONTHS, *sorted(set(_NAMES.values()))))})\b|(?:early |mid |end of )?"
    rf"{YEAR}\b|\d\d?[./-]\d\d?[./-]|\d\d? (?:{'|'.join(MONTHS)})\b)"
)
_ARTICLE = r"(?: de[mnr]| das| des| le| la| el| il| lo| o| os| de| het| l['’])?"
_SHARES = {
    "early": "anfang|début|principios|comienzos|início|inizio|begin",
    "mid": "mitte|mi|mediados|meados|metà|midden|half",
    "end of": "ende|fin|finales|fim|fine|eind",
}
_LIMITS = {
    "since": "nicht vor|pas avant|no antes de|no antes del|non prima del|não antes de|niet voor|frühestens|au plus tôt"
    "|seit|ab|depuis|à partir de|à partir du|desde|a partir de|sinds|vanaf|dal|dalla",
    "until": "spätestens|au plus tard|d['’]ici|a más tardar|entro|uiterlijk"
    "|bis|bis zum|bis einschließlich|jusqu['’]au|jusqu['’]en|jusqu['’]à|hasta|fino al|fino a|até|até a"
    "|tot|tot en met",
    "before": "vor|avant|antes de|antes del|antes do|antes da|prima del|prima di|prima della|voor",
    "after": "nach|après|después de|después del|depois de|depois do|dopo|na",
    "except": "außer|außer im|ausser|ausser im|ohne|nicht|nicht im|nicht in|nicht am|sauf|sauf en|pas en|salvo|salvo en"
    "|menos|menos en|menos em|excepto|excepto en|tranne|eccetto|exceto|exceto em|behalve|behalve in|niet in|niet op"
    "|aber nicht im|mais pas en|pero no en|ma non nel",
    "in": "im|im jahr|im jahre|en|em|nel|nell['’]|nel mese di|dans|en el|in het jaar|in de|au|à|a|am",
}
_FEAST = rf"(?:{'|'.join(_NAMES)})\b"
_SHARE = rf"(?:a )?(?:{'|'.join(_SHARES.values())})(?: de| di| van)?[ -]"
_END = rf"(?:{_SHARE})?(?:{_DAY} ?(?:de )?)?(?:{_MONTH}|{YEAR}\b|\d\d?[./-]\d\d?[./-]?\d*|{_FEAST})(?:{_OF} {YEAR}\b)?"
"""An end of a range: Anfang Juli, 3. August 2021, 12.8.2021."""
_RANGE = (
    rf"(?:(?P<between>zwischen|entre|tra|fra|tussen)|(?P<from>vom|von|du|de|del|dal|dall['’]|da|van|desde)){_ARTICLE} "
    rf"(?P<first>{_END}|{_DAY}) (?:bis zum|bis|au|al|all['’]|à|ao|ad?|até|tot en met|tot|hasta|fino al|und|et|y|e|en)"
    rf"{_ARTICLE} (?P<last>{_END})"
)


def elsewhere() -> Rules:
    """Names and limits of other languages."""
    yield _RANGE, _both_ends
    yield r"(\d\d?\.\d\d?\.(?:\d{2,4})?) ?(?:bis(?: zum)?|tot|au|al|até) (?=\d\d?\.\d\d?\.)", r"\1 - "
    either = " bis |[ ]?[/–-][ ]?| oder | und | ou | et | o | y | e | en | of "
    yield rf"({_FOREIGN})({either})(?=(?:{_SHARE})?{_MONTH}{_OF} {YEAR})", _joined
    also = "und|oder|bis|ou|et|o|y|e|en|of|à|a|al|au|tot"
    yield rf"({_DAY}) (?:{also}) (?:le |el |il )?(?={_DAY} (?:de )?{_MONTH})", r"\1 to "
    yield rf"(?:le |el |il |den |o )?({_DAY})\.? ?(?:de |d['’])?({_MONTH}){_OF}(?: ({YEAR})\b)?", _dated
    yield rf"({_FOREIGN}){_OF} ({YEAR})\b", lambda m: f"{_MONTHS[m[1].lower()]} {m[2]}"
    yield (
        rf"(?P<in>im |in de |en |no |nel |nell['’]|l['’]|à |a |met |an |zu )?(?P<name>{'|'.join(_NAMES)})\b"
        rf"(?: de| del| dell['’]anno| van)? (?P<year>{YEAR})\b",
        lambda m: f"{'in ' if m['in'] else ''}{_NAMES[m['name'].lower()]} {m['year']}",
    )
    for english, words in (*_SHARES.items(), *_LIMITS.items()):
        said = "|".join(sorted(words.split("|"), key=len, reverse=True))
        time = _A_TIME if english != "in" else rf"{_A_TIME}(?=[^\d,.;?!]*{YEAR}\b)"
        of = r"(?:a |no |em |en |al )?" if english in _SHARES else ""
        yield rf"{of}(?:{said})(?:{_ARTICLE} |(?<=['’])|(?<=mi)-)(?:van )?{time}", f"{english} "


def _in_english(end: str) -> str:
    """An end of a range, "Anfang Juli", with what is said of a month in English."""
    end = re.sub(rf"\b({_DAY}) ?(?:de )?(?={_MONTH})", lambda m: f"{re.sub(r'[^0-9]', '', m[1])} ", end, flags=re.I)
    end = re.sub(rf"\b({_FOREIGN}){_OF}", lambda m: _MONTHS[m[1].lower()], end, flags=re.I)
    end = re.sub(_FEAST, lambda m: _NAMES[m[0].lower()], end, flags=re.I)
    for english, words in _SHARES.items():
        end = re.sub(rf"(?:\ba )?\b(?:{words})(?: de| di| van)?[ -]", f"{english} ", end, flags=re.I)
    return end


def _both_ends(match: re.Match[str]) -> str:
    first, last = _in_english(match["first"]), _in_english(match["last"])
    return f"between {first} and {last}" if match["between"] else f"from {first} to {last}"


def _joined(match: re.Match[str]) -> str:
    to = " to " if match[2].strip() in ("bis", "-", "–") else " or "
    return f"{_MONTHS[match[1].lower()]}{to}"


def _dated(match: re.Match[str]) -> str:
    """A day of a month; an English one stays as it is."""
    name = match[2].lower()
    day = re.sub(r"\D", "", match[1])
    if name not in _MONTHS and not match[1].endswith("."):
        return match[0]
    return " ".join(filter(None, (day, _MONTHS.get(name, name), match[3])))
