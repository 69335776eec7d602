"""Dates in German, French, Spanish, Italian, Portuguese, Dutch, Polish and Turkish, in English: "vor August 2020".

Months with a day or a year, seasons and feasts with a year, the words that limit them, and what lies a week or a day
beside them. What is told from today ("letztes Jahr") is in `relative_times.py`. Of further languages the words that
limit a year or a date in numbers are known, so that "до 2020-05-01" is not that day.
"""

from __future__ import annotations

import re

from memory.times.calendar_names import FEASTS, MONTHS
from memory.times.languages.names_elsewhere import FEASTS_AND_SEASONS, FOREIGN_MONTH, IN_BY_NA
from memory.times.languages.names_elsewhere import MONTHS as MONTHS_ELSEWHERE
from memory.times.languages.undated_times import undated_times
from memory.times.spelling_parts import YEAR, Rules

_MONTH = rf"(?:{'|'.join(sorted((*MONTHS_ELSEWHERE, *MONTHS), key=len, reverse=True))})\b"
_OF = r"(?: de| del| di| d['’]|,| van)?"
_DAY = r"\d\d?(?:\.|er|º|°)?"
_A_TIME = (
    rf"(?=(?:(?:early|mid|end of) )?(?:{'|'.join((*MONTHS, *sorted(set(FEASTS_AND_SEASONS.values()))))})\b"
    rf"|(?:early |mid |end of )?{YEAR}\b|\d\d?[./-]\d\d?[./-]|\d\d? (?:{'|'.join(MONTHS)})\b)"
)
_YEARS_AGO = r"(?:(?:last|this) year|(?:\d+|a) years? ago|the year before last)\b"
_FROM_TODAY = (
    r"(?=(?:the )?(?:last|this) [a-z]+\b|yesterday\b|today\b|the [a-z]+ before (?:last|yesterday)\b"
    r"|(?:around |half )?(?:\d+|an?|a few) [a-z]+(?: and a half)? ago\b)"
)
"""A time told from today, as `relative_times.py` writes it."""
_ARTICLE = r"(?: de[mnr]| aos?| al| au| das| des| le| la| el| il| lo| o| os| de| het| l['’])?"
_SHARES = {
    "early": "anfang|début|principios|comienzos|início|inizio|begin|początku|początkiem",
    "mid": "mitte|mi|mediados|meados|metà|midden|half|połowie",
    "end of": "ende|fin|finales|fim|fine|eind|koniec|końcu|końcem",
}
_HALVES = {
    "first half of": "erste[nr]? hälfte|première moitié|premier semestre|primera mitad|primer semestre|prima metà"
    "|primo semestre|primeira metade|primeiro semestre|eerste helft|pierwszej połowie|ilk yarısı",
    "second half of": "zweite[nr]? hälfte|(?:deuxième|seconde) moitié|(?:deuxième|second) semestre|segunda mitad"
    "|segundo semestre|seconda metà|secondo semestre|segunda metade|tweede helft|drugiej połowie|ikinci yarısı",
}
_NTHS = {
    "first": "erste[nrs]?|premi(?:er|ère)|primer[ao]?|prim[oa]|primeir[oa]|eerste|pierwsz(?:y|ym|ego|ą|ej)",
    "second": "zweite[nrs]?|deuxième|second[oae]?|segund[oa]|tweede|drugi(?:m|ego)?|drug(?:ą|iej)",
    "third": "dritte[nrs]?|troisième|tercer[ao]?|terz[oa]|terceir[oa]|derde|trzeci(?:m|ego|ą|ej)?",
    "fourth": "vierte[nrs]?|quatrième|cuart[oa]|quart[oa]|vierde",
    "last": "letzte[nrs]?|derni(?:er|ère)|últim[oa]|ultim[oa]|laatste|ostatni(?:m|ego|ą|ej)?",
}
_LIMITS = {
    "since": "nicht früher als|pas plus tôt que|non prima di|niet eerder dan"
    "|nicht vor|pas avant|no antes de|no antes del|non prima del|não antes de|niet voor|frühestens|au plus tôt"
    "|seit|ab|depuis|à partir de|à partir du|desde|a partir de|sinds|vanaf|dal|dalla",
    "until": "nicht später als|nicht nach|pas plus tard que|pas après|no más tarde de|no más tarde del|no después de"
    "|non oltre|non dopo|não mais tarde que|não depois de|niet later dan|niet na"
    "|spätestens|au plus tard|d['’]ici|a más tardar|entro|uiterlijk"
    "|bis|bis zum|bis einschließlich|jusqu['’]au|jusqu['’]en|jusqu['’]à|hasta|fino al|fino a|até|até a"
    "|tot|tot en met",
    "before": "vor|avant|antes de|antes del|antes do|antes da|prima del|prima di|prima della|voor",
    "after": "nach|après|después de|después del|depois de|depois do|depois da|dopo|na",
    "except": "außer|außer im|ausser|ausser im|ohne|nicht|nicht im|nicht in|nicht am|sauf|sauf en|pas en|salvo|salvo en"
    "|menos|menos en|menos em|excepto|excepto en|tranne|eccetto|exceto|exceto em|behalve|behalve in|niet in|niet op"
    "|aber nicht im|mais pas en|pero no en|ma non nel",
    "in": "im|im jahr|im jahre|en|em|nel|nell['’]|nel mese di|dans|en el|in het jaar|in de|au|à|a|am",
}
_FROM_TODAY_LIMITS = {
    "before": "prima|antes|avant|vor|voor|przed",
    "after": "dopo|después|depois|après|nach|na|po",
    "since": "seit|ab|desde|depuis|dal|dalla|sinds|od",
    "until": "bis|hasta|até|jusqu['’]à|fino|tot",
}
"""Before a time told from today, whose article is gone."""
_ELSEWHERE = {  # further languages, whose months are not read: before a year or a date in numbers
    "before": "перед|przed|před|pred|prije|före|innan|før|ennen|înainte de|πριν|πριν από|πριν το|לפני|قبل|trước"
    "|sebelum",
    "until": "до|по|не позже|не позднее|do|až do|till|til|indtil|fram till|până|până în|până la|μέχρι|έως|עד|حتى|hasta"
    "|đến|hingga|sampai",
    "after": "после|після|po|poslije|posle|nakon|efter|etter|după|μετά|μετά από|μετά το|אחרי|بعد|setelah",
    "since": "с|со|з|від|начиная с|не раньше|не ранее|od|sedan|siden|από|מאז|منذ|sejak|từ",
    "except": "кроме|окрім|крім|без|не|не в|oprócz|poza|kromě|okrem|utom|förutom|undtagen|unntatt|cu excepția|fără"
    "|εκτός|εκτός από|חוץ מ|ماعدا|عدا|kecuali",
}
_BEHIND = {  # and those that write such a word behind the time
    "before": "より前|以前|之前|前(?![后後半期])|이전|전(?![가-힣])|önce|öncesi|előtt|पहले|से पहले",
    "until": "asti|saakka|まで|为止|為止|까지|kadar|तक",
    "after": "jälkeen|より後|之后|之後|后|後|이후|후(?![가-힣])|sonra|után|के बाद|बाद",
    "since": "lähtien|alkaen|以降|以来|以後|以后|から|起|부터|beri|óta|से",
}
_UNITS = {
    word: unit
    for unit, words in {
        "day": "tag tage tagen jour jours día días dia dias giorno giorni dag dagen",
        "week": "woche wochen semaine semaines semana semanas settimana settimane week weken",
        "weekend": "wochenende week-end weekend",
        "month": "monat monate monaten mois mes meses mese mesi mês maand maanden",
        "year": "jahr jahre jahren an ans année années año años anno anni ano anos jaar",
    }.items()
    for word in words.split()
} | dict.fromkeys(("fin de semana", "fim de semana", "fine settimana"), "weekend")
_COUNTS = {
    word: count
    for count, words in enumerate(
        (
            "ein eine einem einen einer un une una um uma uno een",
            "zwei deux dos due dois duas twee",
            "drei trois tres tre três drie",
            "vier quatre cuatro quattro quatro",
            "fünf cinq cinco cinque vijf",
            "sechs six seis sei zes",
        ),
        1,
    )
    for word in words.split()
}
_TURKISH_LIMITS = {"before": "önce", "after": "sonra", "since": "beri", "until": "kadar"}
_FEAST = rf"(?:{'|'.join(FEASTS_AND_SEASONS)})\b"
_SHARE = rf"(?:a )?(?:{'|'.join(_SHARES.values())})(?: de| di| van)?[ -]"
_AGO = r"(?:last|this) [a-z]+\b|yesterday\b|today\b|(?:\d+|an?|a few) [a-z]+ ago\b"
_END = (
    rf"(?:{_SHARE})?(?:{_DAY} ?(?:de )?)?(?:{_AGO}|{_MONTH}|{YEAR}\b|\d\d?[./-]\d\d?[./-]?\d*|{_FEAST})"
    rf"(?:{_OF} {YEAR}\b|(?: d[eiou]l?)? (?:last|this) year\b)?"
)
"""An end of a range: Anfang Juli, 3. August 2021, 12.8.2021."""
_BETWEEN = re.compile(r"\b(?:zwischen|entre|tra|fra|tussen|między|pomiędzy|od) [^,.;?!\d]{1,40}$", re.I)
_RANGE = (
    rf"(?:(?P<between>zwischen|entre|tra|fra|tussen|między|pomiędzy)"
    rf"|(?P<from>vom|von|du|de|del|dal|dall['’]|da|van|desde|od)){_ARTICLE} "
    rf"(?P<first>{_END}|{_DAY}) (?:bis zum|bis|au|al|all['’]|à|ao|ad?|até|tot en met|tot|hasta|fino al|do|und|et|y|e|en"
    rf"|a){_ARTICLE} (?P<last>{_END})"
)


def elsewhere() -> Rules:
    """Names and limits of other languages."""
    yield rf"d['’](?={FOREIGN_MONTH})", "de "
    yield rf"({_DAY}|od|do|przed|po|w|początku|końcu|koniec|połowie|weekend|tydzień|tygodniu) maja\b", r"\1 may"
    yield rf"({_DAY}|od|do|przed|po|w) marca\b", r"\1 march"
    holidays = r"(?:vacances|vacanze|vacaciones|férias) d[aeiou] "
    yield rf"(?:{holidays}(?:noël|navidad|natale|natal)|weihnachtsferien|kerstvakantie)\b{_OF}", "christmas holidays"
    yield rf"(?:{holidays}(?:p[âa]ques|pascua|pasqua|páscoa)|osterferien|paasvakantie)\b{_OF}", "easter holidays"
    yield rf"(?:(?:am )?tag nach weihnachten|(?:de )?dag na kerst(?:mis)?)\b{_OF}", "the day after boxing day"
    turkish = rf"({FOREIGN_MONTH[:-2]}|yaz|kış|bahar|ilkbahar|sonbahar)(?:['’]?[ıiuü]n?[dt]?[ae]?n?)?\b"
    limit = "|".join(rf"(?P<{how}>{word})\b" for how, word in _TURKISH_LIMITS.items())
    yield rf"({YEAR}) (?:yılı(?:nın)? )?{turkish}(?: (?:{limit}))?", _turkish
    for english, word in {"early": "baş", "mid": "orta", "end of": "son"}.items():
        share = rf"{word}(?:ı|ları|sı|larında|u|unda|ında|sında)(?:nda?n?)?\b"
        yield rf"({YEAR})(?:['’]?[iuüı]n| yılı(?:nın)?)? {share}", rf"in {english} \1"
    yield rf"({YEAR}) yılı(?:nda|ndan|ndaki)?\b", r"in \1"
    yield _RANGE, _both_ends
    yield rf"({YEAR}) (?:oder|und|et|ou|y|o|e|en|of|i|lub|ve|veya) (?={YEAR}\b)", r"\1 or "
    yield r"(\d\d?\.\d\d?\.(?:\d{2,4})?) ?(?:bis(?: zum)?|tot|au|al|até) (?=\d\d?\.\d\d?\.)", r"\1 - "
    either = " bis |[ ]?[/–-][ ]?| oder | und | ou | et | o | y | e | en | of | ve | veya | i | lub | oraz "
    yield rf"({FOREIGN_MONTH})({either})(?=(?:{_SHARE})?{_MONTH}{_OF} {YEAR})", _joined
    also = "und|oder|bis|auf|ou|et|o|y|e|en|of|op|à|a|al|au|tot"
    yield rf"({_DAY}) (?:{also}) (?:le |el |il |den |zum |de |o )?(?={_DAY} (?:de )?{_MONTH})", r"\1 to "
    yield rf"(?:le |el |il |den |o )?({_DAY})\.? ?(?:de |d['’])?({_MONTH}){_OF}(?: ({YEAR})\b)?", _dated
    yield rf"({FOREIGN_MONTH}){_OF} ({YEAR})\b", lambda m: f"{MONTHS_ELSEWHERE[m[1].lower()]} {m[2]}"
    known = "|".join(FEASTS_AND_SEASONS)
    yield (
        rf"(?P<in>{IN_BY_NA}|im |in de |en |no |nel |nell['’]|l['’]|à |a |met |an |zu )?(?P<name>{known})\b"
        rf"(?: de| del| dell['’]anno| van)? (?P<year>{YEAR})\b",
        _named_feast,
    )
    yield from _nth_of()
    for english, words in _HALVES.items():
        yield (
            rf"(?:{words}){_OF}(?: von| des| do| du| dell['’]anno| jahres| año| ano| l['’]année)* {_A_TIME}",
            f"{english} ",
        )
    for english, words in _FROM_TODAY_LIMITS.items():
        yield rf"(?:{words}) {_FROM_TODAY}", f"{english} "
    yield from _of_years_ago()
    yield from _beside()
    for english, words in (*_SHARES.items(), *_LIMITS.items()):
        said = "|".join(sorted(words.split("|"), key=len, reverse=True))
        time = _A_TIME if english != "in" else rf"{_A_TIME}(?=[^\d,.;?!]*{YEAR}\b)"
        of = r"(?:a |no |em |en |al |na |w |pod )?" if english in _SHARES else ""
        within = "(?:in )?" if english in _SHARES else ""  # "fin in august of last year"
        yield rf"{of}(?:{said})(?:{_ARTICLE} |(?<=['’])|(?<=mi)-)(?:van )?{within}{time}", f"{english} "
        if english in _SHARES:  # "half a year ago" is English
            yield rf"{of}(?:{said})(?<!half){_ARTICLE} {_FROM_TODAY}", f"{english} "


def _named_feast(match: re.Match[str]) -> str:
    """ "À Noël 2021"; the "a" of "między X a sylwestrem 2022" stays as it is."""
    after_an_end = match["in"] and _BETWEEN.search(match.string, 0, match.start())
    before_it = match["in"] if after_an_end else "in " if match["in"] else ""
    return f"{before_it}{FEASTS_AND_SEASONS[match['name'].lower()]} {match['year']}"


def _nth_of() -> Rules:
    """ "Am letzten Wochenende im Oktober", "la première semaine d'août"."""
    of = r"(?: (?:i[mn]|de[sln]?|d[iou]|dell['’]|della|von|van|em|en|w))?"
    units = "|".join(word for word, unit in _UNITS.items() if unit in ("week", "weekend", "day"))
    for english, words in _NTHS.items():
        yield (
            rf"(?:(?:am|an|in|im|en|no|na|l[ae]|el|il|nell?a?|w|op|de[rnm]?|die|das|het|o|a) )*(?:{words}) ({units})"
            rf"{of} (?=(?:{_MONTH}))",
            lambda m, nth=english: f"{nth} {_UNITS[m[1].lower()]} of ",  # type: ignore[misc]
        )


def _turkish(match: re.Match[str]) -> str:
    """ "2022 yazında", the year before its part."""
    name = match[2].lower()
    how = next((how for how in _TURKISH_LIMITS if match[how]), "in")
    return f"{how} {(MONTHS_ELSEWHERE | FEASTS_AND_SEASONS)[name]} {match[1]}"


def _of_years_ago() -> Rules:
    """Months, seasons and feasts beside "last year": "vor drei Jahren im Mai", "la Navidad del año pasado"."""
    name = rf"(?:{FOREIGN_MONTH}|{_FEAST})"
    prep = (
        r"(?:(?:im|in|en|em|nel|w|we|zu|an|à|a|met|no|na|de|del|di|della|do|da|van|d['’]|l['’]|der|la|el|den|het) ?)*"
    )
    yield rf"{prep}({name}) {prep}(?={_YEARS_AGO})", lambda m: f"in {_english_name(m[1])} of "
    ending = r"(?:['’]?[ıiuü]n?[dt]?[ae]?n?|['’]?[dt][ae])?\b"
    turkish = "|".join((*"yaz kış bahar ilkbahar sonbahar".split(), FOREIGN_MONTH[:-2]))
    yield rf"({_YEARS_AGO}) ({turkish}){ending}", lambda m: f"in {_english_name(m[2])} of {m[1]}"
    yield rf"({_YEARS_AGO}),? {prep}({name})", lambda m: f"{m[1]} in {_english_name(m[2])}"
    yield from undated_times()
    yield rf"(?:im) (?={_MONTH})", "in "


def _english_name(text: str) -> str:
    return (MONTHS_ELSEWHERE | FEASTS_AND_SEASONS)[text.lower()]


def _beside() -> Rules:
    """ "Deux semaines avant", "la semana antes de", "le lendemain de"; the limits of further languages."""
    before, after = (f"(?:{_LIMITS[name]})" for name in ("before", "after"))
    yield (
        rf"(?:(?P<count>\d\d?|{'|'.join(_COUNTS)}) "
        r"|(?:(?:am|an|in|en|nel|no|na|op) )?(?:de[mnr]?|die|das|l[ae]|el|il|o) )?"
        rf"(?P<unit>{'|'.join(_UNITS)}) (?:darauf |später |d['’])?(?:(?P<before>{before})|{after}){_ARTICLE} {_A_TIME}",
        _units_beside,
    )
    of = r"(?:d[eiou]l?|de la|d[ao]|della|dell['’]|vom|von|van|um den|um)"
    yield (
        rf"(?P<unit>{'|'.join(word for word, unit in _UNITS.items() if unit in ('week', 'weekend'))}) {of}{_ARTICLE} "
        rf"(?=\d\d? (?:{'|'.join(MONTHS)})|\d\d?\.\d\d?\.|(?:{'|'.join(FEASTS)})\b)",
        lambda m: f"{_UNITS[m['unit'].lower()]} of ",
    )
    eve = "(?:der |am )?vorabend|(?:(?:à )?la |na |en la |a )?(?:veille|(?:en )?v[ií]speras?|véspera|vigilia)"
    yield rf"(?:{eve}) (?:d[eiou]|del|da|von|vor|des){_ARTICLE} {_A_TIME}", "the day before "
    yield rf"(?:le )?lendemain d(?:e|u){_ARTICLE} {_A_TIME}", "the day after "
    day = rf"(?:{YEAR}(?:-\d\d(?:-\d\d)?)?(?![\d-])|\d\d?[./-] ?\d\d?[./-] ?(?:\d\d){{1,2}}(?!\d))"
    yield rf"(?:fra|från|из|din|dari|от|z|з) ({day}) (?:til|till|до|până la|do|hingga|sampai) (?={day})", r"from \1 to "
    doing = "".join(rf"(?<!\b{word} )" for word in "i we he she you they to did".split())  # "what did we do 2020"
    for english, words in _ELSEWHERE.items():
        said = "|".join(sorted(words.split("|"), key=len, reverse=True))
        yield rf"{doing}(?:{said}):? ?(?={day})", f"{english} "
    for english, words in _BEHIND.items():
        yield rf"({day})['’]?(?:[a-zçğıöşüäé]{{0,4}}|年|년) ?(?:{words})(?![a-z])", rf"{english} \1 "


def _units_beside(match: re.Match[str]) -> str:
    """ "2 weeks before", "the day after"."""
    count, side = match["count"], "before" if match["before"] else "after"
    unit = _UNITS[match["unit"].lower()]
    if not count:
        return f"the {unit} {side} "
    number = int(count) if count.isdigit() else _COUNTS[count.lower()]
    return f"{number} {unit}{'s' * (number > 1)} {side} "


def _in_english(end: str) -> str:
    """An end of a range, "Anfang Juli", with what is said of a month in English."""
    end = re.sub(rf"\b({_DAY}) ?(?:de )?(?={_MONTH})", lambda m: f"{re.sub(r'[^0-9]', '', m[1])} ", end, flags=re.I)
    end = re.sub(rf"\b({FOREIGN_MONTH}){_OF}", lambda m: MONTHS_ELSEWHERE[m[1].lower()], end, flags=re.I)
    named = rf"({_FEAST})(?:{_OF}(?= {YEAR}))?"
    end = re.sub(named, lambda m: FEASTS_AND_SEASONS[m[1].lower()], end, flags=re.I)
    for english, words in _SHARES.items():
        end = re.sub(rf"(?:\ba )?\b(?:{words})(?: de| di| van)?[ -]", f"{english} ", end, flags=re.I)
    return end


def _both_ends(match: re.Match[str]) -> str:
    first, last = _in_english(match["first"]), _in_english(match["last"])
    return f"between {first} and {last}" if match["between"] else f"from {first} to {last}"


def _joined(match: re.Match[str]) -> str:
    to = " to " if match[2].strip() in ("bis", "-", "–") else " or "
    return f"{MONTHS_ELSEWHERE[match[1].lower()]}{to}"


def _dated(match: re.Match[str]) -> str:
    """A day of a month; an English one stays as it is."""
    name = match[2].lower()
    day = re.sub(r"\D", "", match[1])
    if name not in MONTHS_ELSEWHERE and not match[1].endswith("."):
        return match[0]
    return " ".join(filter(None, (day, MONTHS_ELSEWHERE.get(name, name), match[3])))
