"""Words that say a time from today, in eight languages, by what they mean in English, for `relative_times.py`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    """Regular expressions, alternatives separated by "|", or words separated by blanks."""

    fixed: dict[str, str]
    """ "yesterday" and so on."""
    units: dict[str, str]
    """Day, week, month, year and weekend, in one and several."""
    numbers: str
    """One to twelve; the forms of a number joined by "/"."""
    last: str
    """ "Last", before what it stands with, or behind it; and"""
    past: str
    """what may mean the last one or the time until now: "la última semana"; "": there is no such word."""
    this: str
    last_but_one: str
    ago: str
    """ "{}" stands for the amount: "vor {}", "{} fa"."""
    half: str
    """Half of: "ein halbes"."""
    few: str
    seasons: str
    """Spring, summer, autumn, winter; the forms joined by "/"."""
    weekdays: str
    """Monday to Sunday; the forms joined by "/"."""
    on: str
    """What stands before a weekday that was the latest one; "": nothing, "-": it is not told from every week's."""


LANGUAGES = (
    Language(  # German
        fixed={
            "the day before yesterday": "vorgestern",
            "yesterday": "gestern",
            "today": "heute",
        },
        units={"day": "tage?n?s?", "week": "wochen?", "month": "monate?n?s?", "year": "jahre?n?s?"}
        | {"weekend": "wochenendes?"},
        numbers="ein/eine/einem/einer/einen zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
        last="letzte[mnrs]?|vergangene[mnrs]?|vorige[mnrs]?",
        past="",
        this="diese[mnrs]?",
        last_but_one="vorletzte[mnrs]?",
        ago="vor {}",
        half="einem halben|einer halben",
        few="ein paar|einigen|wenigen|mehreren",
        seasons="frühling/frühjahr/frühlings sommer/sommers herbst/herbstes/herbsts winter/winters",
        weekdays="montag dienstag mittwoch donnerstag freitag samstag/sonnabend sonntag",
        on="am",
    ),
    Language(  # Spanish
        fixed={"the day before yesterday": "anteayer|antes de ayer|antier", "yesterday": "ayer|anoche", "today": "hoy"},
        units={"day": "días?|dias?", "week": "semanas?", "month": "mes(?:es)?", "year": "años?"}
        | {"weekend": "fin(?:es)? de semana|finde"},
        numbers="un/uno/una dos tres cuatro cinco seis siete ocho nueve diez once doce",
        last="pasad[oa]s?",
        past="últim[oa]s?|ultim[oa]s?",
        this="est[ea]",
        last_but_one="antepasad[oa]|penúltim[oa]",
        ago="hace {}|{} atrás",
        half="medio|media",
        few="unos|unas|algunos|algunas|pocos|pocas|un par de",
        seasons="primavera verano otoño invierno",
        weekdays="lunes martes miércoles/miercoles jueves viernes sábado/sabado domingo",
        on="el",
    ),
    Language(  # French
        fixed={
            "the day before yesterday": "avant-hier",
            "yesterday": "hier (?:soir|matin|midi|après-midi)|d['’]hier",
            "today": "aujourd['’]hui|ce matin|ce soir",
        },
        units={"day": "jours?", "week": "semaines?", "month": "mois", "year": "ans?|années?"}
        | {"weekend": "week-?ends?"},
        numbers="un/une deux trois quatre cinq six sept huit neuf dix onze douze",
        last="derni(?:er|ère)s?|passée?s?",
        past="",
        this="cet?te?",
        last_but_one="avant-derni(?:er|ère)",
        ago="il y a {}|y a {}",
        half="une? demie?",
        few="quelques",
        seasons="printemps été automne hiver",
        weekdays="lundi mardi mercredi jeudi vendredi samedi dimanche",
        on="",
    ),
    Language(  # Italian
        fixed={
            "the day before yesterday": "l['’]altro ieri|l['’]altroieri|altro ieri|avantieri|ieri l['’]altro",
            "yesterday": "ieri",
            "today": "oggi|stamattina|stasera|stamani",
        },
        units={"day": "giorn[oi]", "week": "settiman[ae]", "month": "mes[ei]", "year": "ann[oi]"}
        | {"weekend": "fine settimana|week-?end"},
        numbers="un/uno/una due tre quattro cinque sei sette otto nove dieci undici dodici",
        last="scors[oaie]|passat[oaie]",
        past="ultim[oaie]",
        this="quest[oa]|quest['’]",
        last_but_one="penultim[oa]",
        ago="{} fa",
        half="mezzo|mezza",
        few="qualche|alcuni|alcune|pochi|poche|un paio di",
        seasons="primavera estate autunno inverno",
        weekdays="lunedì/lunedi martedì/martedi mercoledì/mercoledi giovedì/giovedi venerdì/venerdi sabato domenica",
        on="-",
    ),
    Language(  # Portuguese
        fixed={"the day before yesterday": "anteontem|antes de ontem", "yesterday": "ontem", "today": "hoje"},
        units={"day": "dias?", "week": "semanas?", "month": "m[êe]s(?:es)?", "year": "anos?"}
        | {"weekend": "fi(?:m|ns) de semana"},
        numbers="um/uma dois/duas três/tres quatro cinco seis sete oito nove dez onze doze",
        last="passad[oa]s?",
        past="últim[oa]s?|ultim[oa]s?",
        this="n?est[ea]",
        last_but_one="retrasad[oa]|penúltim[oa]",
        ago="há {} atrás|há {}|faz {}|{} atrás",
        half="meio|meia",
        few="alguns|algumas|poucos|poucas|uns|umas|um par de",
        seasons="primavera verão outono inverno",
        weekdays="segunda(?:-feira)? terça(?:-feira)? quarta(?:-feira)? quinta(?:-feira)? sexta(?:-feira)?"
        " sábado domingo",
        on="na|no",
    ),
    Language(  # Dutch
        fixed={"the day before yesterday": "eergisteren", "yesterday": "gister(?:en|avond|ochtend|middag|nacht)"}
        | {"today": "vandaag|vanochtend|vanmorgen|vanavond|vanmiddag"},
        units={"day": "dag(?:en)?", "week": "weken|week", "month": "maand(?:en)?", "year": "jaar|jaren"}
        | {"weekend": "weekend"},
        numbers="een/één twee drie vier vijf zes zeven acht negen tien elf twaalf",
        last="vorige?",
        past="afgelopen|laatste",
        this="deze|dit",
        last_but_one="voorlaatste|eervorige?",
        ago="{} geleden",
        half="een half|een halve",
        few="een paar|enkele|enige",
        seasons="lente/voorjaar zomer herfst/najaar winter",
        weekdays="maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
        on="op",
    ),
    Language(  # Polish
        fixed={"the day before yesterday": "przedwczoraj", "yesterday": "wczoraj"}
        | {"today": "dziś|dzisiaj|dzisiejsz(?:y|ego|ym|ej)"},
        units={"day": "dzień|dni|dnia", "week": "tydzień|tygodni(?:e|a|u|em)?", "month": "miesi[ąę]c(?:e|a|u|y|em)?"}
        | {"year": "rok(?:u|iem)?|lata?", "weekend": "weekend(?:u|y|zie)?"},
        numbers="jeden/jedną dwa/dwie/dwóch trzy/trzech cztery/czterech pięć/pięciu sześć/sześciu siedem/siedmiu"
        " osiem/ośmiu dziewięć/dziewięciu dziesięć/dziesięciu jedenaście dwanaście",
        last="zeszł(?:y|ym|ego|ej|ą)|ubiegł(?:y|ym|ego|ej|ą)|minion(?:y|ym|ego|ej|ą)",
        past="ostatni(?:m|ego|ej|ą|e|ch)?",
        this="t(?:ym|ego|en|ej|ą|ę)",
        last_but_one="przedostatni(?:m|ego|ej|ą)?|pozaprzeszł(?:y|ym|ego)",
        ago="{} temu",
        half="pół",
        few="kilka|parę",
        seasons="wiosna/wiosny/wiosnę/wiosną lato/lata/latem jesień/jesieni/jesienią zima/zimy/zimę/zimą",
        weekdays="poniedziałek/poniedziałku wtorek/wtorku środa/środę/środy czwartek/czwartku piątek/piątku"
        " sobota/sobotę/soboty niedziela/niedzielę/niedzieli",
        on="we?",
    ),
    Language(  # Turkish
        fixed={"the day before yesterday": "evvelsi gün|evvelki gün|önceki gün", "yesterday": "dün(?:kü)?"}
        | {"today": "bugün(?:kü)?|bu (?:sabah|akşam|gece)"},
        units={"weekend": "hafta ?sonu(?:nda|ndan|ndaki)?", "day": "gün", "week": "hafta(?:ki)?", "month": "ay(?:ki)?"}
        | {"year": "yıl(?:ki|ın)?|sene(?:ki|nin)?"},
        numbers="bir iki üç dört beş altı yedi sekiz dokuz on on_bir on_iki",
        last="geçen|geçtiğimiz",
        past="son",
        this="bu",
        last_but_one="evvelki|önceki",
        ago="{} önce|{} önceki|{} öncesinden",
        half="yarım",
        few="birkaç|bir kaç",
        seasons="ilkbahar/bahar yaz/yazın/yazki sonbahar/güz kış/kışın",
        weekdays="pazartesi salı çarşamba perşembe cuma cumartesi pazar",
        on="-",
    ),
)
