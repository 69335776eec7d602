"""Words that share, count and limit times in other languages, each with its English word; no names of months."""

from __future__ import annotations

SHARES = {
    "early": "anfang|début|principios|comienzos|início|inizio|begin|początku|początkiem",
    "mid": "mitte|mi|mediados|meados|metà|midden|half|połowie",
    "end of": "ende|fin|finales|fim|fine|eind|koniec|końcu|końcem",
}
HALVES = {
    "first half of": "erste[nr]? hälfte|première moitié|premier semestre|primera mitad|primer semestre|prima metà"
    "|primo semestre|primeira metade|primeiro semestre|eerste helft|pierwszej połowie|ilk yarısı",
    "second half of": "zweite[nr]? hälfte|(?:deuxième|seconde) moitié|(?:deuxième|second) semestre|segunda mitad"
    "|segundo semestre|seconda metà|secondo semestre|segunda metade|tweede helft|drugiej połowie|ikinci yarısı",
}
NTHS = {
    "first": "erste[nrs]?|premi(?:er|ère)|primer[ao]?|prim[oa]|primeir[oa]|eerste|pierwsz(?:y|ym|ego|ą|ej)",
    "second": "zweite[nrs]?|deuxième|second[oae]?|segund[oa]|tweede|drugi(?:m|ego)?|drug(?:ą|iej)",
    "third": "dritte[nrs]?|troisième|tercer[ao]?|terz[oa]|terceir[oa]|derde|trzeci(?:m|ego|ą|ej)?",
    "fourth": "vierte[nrs]?|quatrième|cuart[oa]|quart[oa]|vierde",
    "last": "letzte[nrs]?|derni(?:er|ère)|últim[oa]|ultim[oa]|laatste|ostatni(?:m|ego|ą|ej)?",
}
LIMITS = {
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
FROM_TODAY_LIMITS = {
    "before": "prima|antes|avant|vor|voor|przed",
    "after": "dopo|después|depois|après|nach|na|po",
    "since": "seit|ab|desde|depuis|dal|dalla|sinds|od",
    "until": "bis|hasta|até|jusqu['’]à|fino|tot",
}
"""Before a time told from today, whose article is gone."""
ELSEWHERE = {
    "before": "перед|przed|před|pred|prije|före|innan|før|ennen|înainte de|πριν|πριν από|πριν το|לפני|قبل|trước"
    "|sebelum",
    "until": "до|по|не позже|не позднее|do|až do|till|til|indtil|fram till|până|până în|până la|μέχρι|έως|עד|حتى|hasta"
    "|đến|hingga|sampai",
    "after": "после|після|po|poslije|posle|nakon|efter|etter|după|μετά|μετά από|μετά το|אחרי|بعد|setelah",
    "since": "с|со|з|від|начиная с|не раньше|не ранее|od|sedan|siden|από|מאז|منذ|sejak|từ",
    "except": "кроме|окрім|крім|без|не|не в|oprócz|poza|kromě|okrem|utom|förutom|undtagen|unntatt|cu excepția|fără"
    "|εκτός|εκτός από|חוץ מ|ماعدا|عدا|kecuali",
}
"""Of further languages, whose months are not read: before a year or a date in numbers."""
BEHIND = {
    "before": "より前|以前|之前|前(?![后後半期])|이전|전(?![가-힣])|önce|öncesi|előtt|पहले|से पहले",
    "until": "asti|saakka|まで|为止|為止|까지|kadar|तक",
    "after": "jälkeen|より後|之后|之後|后|後|이후|후(?![가-힣])|sonra|után|के बाद|बाद",
    "since": "lähtien|alkaen|以降|以来|以後|以后|から|起|부터|beri|óta|से",
}
"""Of languages that write such a word behind the time."""
UNITS = {
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
COUNTS = {
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
TURKISH_LIMITS = {"before": "önce", "after": "sonra", "since": "beri", "until": "kadar"}
