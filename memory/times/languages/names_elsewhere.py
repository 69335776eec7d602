"""Names of months, seasons and feasts in eight languages, each with its English name."""

from __future__ import annotations

from memory.times.calendar_names import MONTH_NAMES
from memory.times.spelling_parts import MOVABLE_FEAST

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
        "spring": "frühling frühjahr printemps primavera voorjaar lente wiosna wiosną ilkbahar bahar",
        "summer": "sommer été verano estate verão zomer lato latem yaz",
        "autumn": "herbst automne otoño autunno outono herfst jesień jesienią sonbahar",
        "winter": "hiver invierno inverno zima zimą kış",
        "christmas": "weihnachten noël navidad natale natal kerst kerstmis święta świętami świąt boże_narodzenie"
        " bożego_narodzenia",
        "christmas eve": "heiligabend heiligen_abend nochebuena kerstavond wigilia wigilię wigilii",
        "easter": "ostern pâques pascua pasqua páscoa pasen wielkanoc wielkanocy paskalya",
        "good friday": "karfreitag vendredi_saint viernes_santo venerdì_santo sexta-feira_santa goede_vrijdag"
        " wielki_piątek",
        "easter sunday": "ostersonntag dimanche_de_pâques domingo_de_pascua domenica_di_pasqua domingo_de_páscoa"
        " eerste_paasdag",
        "easter monday": "ostermontag lundi_de_pâques lunes_de_pascua pasquetta tweede_paasdag",
        "holy week": "karwoche semaine_sainte semana_santa settimana_santa goede_week wielki_tydzień",
        "palm sunday": "palmsonntag dimanche_des_rameaux domingo_de_ramos domenica_delle_palme palmzondag",
        "ash wednesday": "aschermittwoch mercredi_des_cendres miércoles_de_ceniza quarta-feira_de_cinzas"
        " mercoledì_delle_ceneri aswoensdag",
        "shrovetide": "karneval fasching carnevale carnaval karnawał",
        "rose monday": "rosenmontag",
        "mardi gras": "faschingsdienstag veilchendienstag martedì_grasso tłusty_wtorek",
        "ascension day": "christi_himmelfahrt ascension ascensión ascensione hemelvaart hemelvaartsdag",
        "pentecost": "pfingsten pentecôte pentecostés pentecoste pinksteren",
        "whit sunday": "pfingstsonntag dimanche_de_pentecôte",
        "whit monday": "pfingstmontag lundi_de_pentecôte tweede_pinksterdag",
        "corpus christi": "fronleichnam fête-dieu corpus_domini boże_ciało",
        "assumption day": "ferragosto mariä_himmelfahrt assomption",
        "all saints' day": "allerheiligen toussaint todos_los_santos ognissanti todos_os_santos wszystkich_świętych",
        "all souls' day": "allerseelen día_de_muertos día_de_los_muertos zaduszki",
        "epiphany": "dreikönigstag heilige_drei_könige épiphanie epifania befana día_de_reyes driekoningen"
        " trzech_króli",
        "st nicholas day": "nikolaustag saint-nicolas mikołajki",
        "valentine's day": "valentinstag saint-valentin san_valentín san_valentino valentijnsdag walentynki",
        "new year's eve": "silvester nochevieja saint-sylvestre san_silvestro oudejaarsavond sylwester sylwestra"
        " sylwestrem yılbaşı",
        "new year's day": "neujahr neujahrstag jour_de_l'an nieuwjaarsdag",
        "new year": "nouvel_an año_nuevo capodanno ano_novo oud_en_nieuw nowy_rok",
        MOVABLE_FEAST: "muttertag vatertag fête_des_mères fête_des_pères día_de_la_madre día_del_padre"
        " festa_della_mamma festa_del_papà dia_das_mães dia_dos_pais moederdag vaderdag anneler_günü babalar_günü"
        " koningsdag koninginnedag sinterklaas ramazan_bayramı kurban_bayramı bayramda bayram",
    }.items()
    for name in (word.replace("_", " ") for word in names.split())
}
IN_BY_NA = r"na (?=páscoa|primavera|sexta-feira|quarta-feira|święta|wielkanoc|boże|wigili|walentynki|mikołajki|wiosnę)"
"""The Portuguese and Polish "na", before the names it stands with: the Dutch one is "after"."""
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
    "": "vacances|vacaciones|vacanze|férias|ferie|ferien|vakantie|wakacje|puente|ponte"
    "|zwischen|entre|tussen|między|pomiędzy|außer|ohne|sauf|salvo|excepto|menos|tranne|eccetto|exceto"
    "|behalve|oprócz|weder|ni|nicht|no|não|non|niet|nie",
}
"""Words that limit the time behind them, by the side on which it then has no end; "": they make another time of it."""
OTHER_END = (
    rf" (?:und|oder|et|ou|y|e|ed|lub|ve|veya|bis|hasta|jusqu['’]|tot|fino|até)(?: [\w'’]{{1,5}})? ?"
    rf"(?:{FOREIGN_MONTH}|(?:{'|'.join(FEASTS_AND_SEASONS)})\b"
    rf"|(?:{'|'.join(MONTH_NAMES)})\b|\d)"
)
"""Behind a time: another one, as an alternative or the end of a range."""
