"""Months, seasons and feasts without a year in other languages, in English: "im Sommer", "à Noël", "latem", "夏に".

As in English the latest one is meant, where the text is no question of every year ("was machen wir im Sommer") and the
words behind do not tell which one it is ("im Sommer, als wir umzogen").
"""

from __future__ import annotations

import re

from memory.times.languages.east_asian_words import LAST_OF
from memory.times.languages.names_elsewhere import FEASTS_AND_SEASONS, FOREIGN_MONTH, IN_BY_NA, MONTHS
from memory.times.languages.tenses import is_of_one_time
from memory.times.spelling_parts import MOVABLE_FEAST, Rules

_NOT_TOLD = (
    r"(?! ?['’]?\d| ?(?:-|–)|,? (?:als|in dem|wo|nach|vor|meine[rs]?|unsere[rs]?|des|der|davor|danach|darauf|vorher"
    r"|nachher|où|quand|avant|après|suivant\w*|précédent\w*|prochaine?|que|cuando|en que|en el que|antes|después"
    r"|siguiente|anterior|quando|in cui|che|prima|dopo|seguente|precedente|em que|depois|toen|dat|waarin|voor|na"
    r"|daarvoor|erna|erop|kiedy|gdy|w któr\w+|przed|po|mojego|de|del|do|di|della|von|van|ki|önce\w*|sonra\w*|gelecek"
    r"|próxim[oa]|prossim[oa]|l['’]ann\w+|el año|o ano|het jaar|dem jahr)\b)"
)
"""Nothing behind the time says which one is meant, or that it is another one."""
_RANGE_AHEAD = re.compile(
    r"\b(?:da|dal|dall['’]|de|del|desde|van|vanaf|von|vom|od|du|entre|tra|fra|zwischen|tussen|między) [^,.;?!]{1,25}$",
    re.I,
)
_ITALIAN = "|".join(
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre".split()
)
_TURKISH = "|".join("şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık".split())
_BY_ENDING = {
    **dict.fromkeys(("latem", "w lecie", "yazın"), "summer"),
    **dict.fromkeys(("zimą", "w zimie", "kışın"), "winter"),
    **dict.fromkeys(("wiosną", "na wiosnę", "baharda", "ilkbaharda"), "spring"),
    **dict.fromkeys(("jesienią", "sonbaharda"), "autumn"),
    **dict.fromkeys(("na święta", "w święta"), "christmas"),
    **dict.fromkeys(("na wielkanoc", "w wielkanoc"), "easter"),
    **{"w wigilię": "christmas eve", "w sylwestra": "new year's eve", "yılbaşında": "new year's eve"},
}
"""Words that say when by their ending."""
_AHEAD = (
    r"im|am|an|zu|über|in de|in het|met|en|en el|en la|por|pendant l['’]|pendant|à la|à l['’]|à|au|nell['’]|nella|nel|a"
    r"|no|w|we"
)
_OF_PHOTOS = (
    r"(?:fot\w+|photos?|bilder?|zdjęci\w+|imágenes|immagini|vídeos?|videos?)"
    r" (?:vom|aus dem|von|de l['’]|du|del|de la|dell['’]|della|do|da|van de|z)"
)


def undated_times() -> Rules:
    """Names behind a preposition, and those that say when by their ending."""
    yield rf"(?:im|en|em|nel|w|we) (?P<name>{FOREIGN_MONTH}){_NOT_TOLD}", _latest
    yield rf"in (?!mars\b|mart\b|mai\b)(?P<name>{FOREIGN_MONTH})(?!['’]s){_NOT_TOLD}", _latest
    yield rf"ad? (?P<name>{_ITALIAN})\b{_NOT_TOLD}", _latest
    yield rf"(?P<name>{_TURKISH})(?:['’]?[dt][ae]| ayında)\b{_NOT_TOLD}", _latest
    known = (name for name, english in FEASTS_AND_SEASONS.items() if english != MOVABLE_FEAST)
    names = "|".join(sorted((*known, "winter"), key=len, reverse=True))
    yield rf"(?:{IN_BY_NA}|(?:{_AHEAD}|{_OF_PHOTOS})(?: |(?<=['’])))(?P<name>{names})\b{_NOT_TOLD}", _latest
    yield rf"(?:in|d['’]) ?(?P<name>estate|inverno|autunno|primavera)\b{_NOT_TOLD}", _latest
    yield rf"(?P<name>{'|'.join(_BY_ENDING)})\b{_NOT_TOLD}", _latest


def undated_east_asian() -> Rules:
    """Seasons and feasts at the beginning of a part of a Japanese, Chinese or Korean sentence."""
    begins = r"(?:(?<![^\s、。，,在])|(?<=[^\W日]は))"
    goes_on = r"(?=に(?![ちぎ])|の写真|的照片|我|你|他|她|大家|去|谁|有|에|에는| 사진)"
    goes_on += r"(?!.*(?:的时候|的時候|那年|[前后後]|때))"
    for english, words in (LAST_OF["season"] | LAST_OF["feast"]).items():
        if english != MOVABLE_FEAST:
            yield (
                f"{begins}(?:{words}){goes_on}",
                lambda m, name=english: f" in {name} " if is_of_one_time(m.string) else m[0],  # type: ignore[misc]
            )


def _latest(match: re.Match[str]) -> str:
    if _RANGE_AHEAD.search(match.string, 0, match.start()) or not is_of_one_time(match.string):
        return match[0]
    name = match["name"].lower()
    return f"in {(MONTHS | FEASTS_AND_SEASONS | _BY_ENDING).get(name, name)}"
