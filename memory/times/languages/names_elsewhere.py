"""Names of months, seasons and feasts in eight languages, each with its English name."""

from __future__ import annotations

from memory.times.calendar_names import MONTH_NAMES

MONTHS = {
    name: month
    for month, names in {
        "january": "januar jänner janvier enero gennaio janeiro januari styczeń stycznia styczniu ocak",
        "february": "februar feber février fevrier febrero febbraio fevereiro februari luty lutego lutym şubat",
        "march": "märz maerz mars marzo março maart marzec marcu mart",
        "april": "avril abril aprile kwiecień kwietnia kwietniu nisan",
        "may": "mai mayo maggio maio mei maj maju mayıs",
        "june": "juni juin junio giugno junho czerwiec czerwca czerwcu haziran",
        "july": "juli juillet julio luglio julho lipiec lipca lipcu temmuz",
        "august": "août aout agosto augustus sierpień sierpnia sierpniu ağustos",
        "september": "septembre septiembre setiembre settembre setembro wrzesień września wrześniu eylül",
        "october": "oktober octobre octubre ottobre outubro październik października październiku ekim",
        "november": "novembre noviembre novembro listopad listopada listopadzie kasım",
        "december": "dezember décembre decembre diciembre dicembre dezembro grudzień grudnia grudniu aralık",
    }.items()
    for name in names.split()
}
FEASTS_AND_SEASONS = {
    name: english
    for english, names in {
        "spring": "frühling frühjahr printemps primavera voorjaar lente wiosna wiosną ilkbahar",
        "summer": "sommer été verano estate verão zomer lato latem yaz",
        "autumn": "herbst automne otoño autunno outono herfst jesień jesienią sonbahar",
        "winter": "hiver invierno inverno zima zimą kış",
        "christmas": "weihnachten noël navidad natale natal kerst kerstmis święta",
        "easter": "ostern pâques pascua pasqua páscoa pasen wielkanoc paskalya",
        "pentecost": "pfingsten pentecôte pentecostés pentecoste pinksteren",
        "new year's eve": "silvester nochevieja oudejaarsavond sylwester sylwestra yılbaşı",
    }.items()
    for name in names.split()
}
FOREIGN_MONTH = rf"(?:{'|'.join(sorted(MONTHS, key=len, reverse=True))})\b"
EVERY_YEAR = (
    r"\b(?:immer|normalerweise|gewöhnlich|meistens|üblicherweise|jede[nrs]?|siempre|normalmente|cada|todos los"
    r"|todas las|toujours|d['’]habitude|habituellement|chaque|tous les|toutes les|sempre|di solito|ogni|todo ano"
    r"|todos os|todas as|geralmente|altijd|meestal|gewoonlijk|elke|elk jaar|zawsze|zwykle|co roku|każd\w+"
    r"|her yıl|genellikle)\b"
)
"""What says that a time of every year is meant."""
LIMITS_AHEAD = {
    "until": "vor|avant|antes|prima|voor|przed|bis|jusqu['’]à|hasta|fino|até|tot|od [^\\W\\d]{3,} do",
    "since": "nach|après|después|depois|dopo|seit|depuis|desde|dal|dalla|sinds|vanaf|od",
    "": "zwischen|entre|tussen|między|pomiędzy|außer|ohne|sauf|salvo|excepto|menos|tranne|eccetto|exceto"
    "|behalve|oprócz|weder|ni|nicht|no|não|non|niet|nie",
}
"""Words that limit the time behind them, by the side on which it then has no end; "": they make another time of it."""
OTHER_END = (
    rf" (?:und|oder|et|ou|y|e|ed|lub|ve|veya|bis|hasta|jusqu['’]|tot|fino|até)(?: [\w'’]{{1,5}})? ?"
    rf"(?:{FOREIGN_MONTH}|(?:{'|'.join(FEASTS_AND_SEASONS)})\b"
    rf"|(?:{'|'.join(MONTH_NAMES)})\b|\d)"
)
"""Behind a time: another one, as an alternative or the end of a range."""
