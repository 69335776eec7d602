"""Whether a text in another language is of one time, or asks of every year: "was machen wir im Sommer".

Known are the commonest forms only: a question without one of these counts as of every year, as a time that is not
limited loses nothing.
"""

from __future__ import annotations

import re

_QUESTION = re.compile(
    r"[?？]|\b(?:was|wo|wer|wen|wem|wann|wie|warum|wohin|woher|womit|welche\w*"
    r"|que|qu['’]\w+|qui|où|quand|comment|quoi|pourquoi|combien|quel\w*"
    r"|qué|qui[eé]n(?:es)?|d[oó]nde|cuándo|cómo|cuál(?:es)?|cuánt\w+"
    r"|chi|che|cosa|dove|quando|perché|qual[ei]?|quant\w+"
    r"|quem|onde|como|quais|wat|waar\w*|wanneer|hoe|welke?"
    r"|co|kto|kogo|gdzie|kiedy|jak|dlaczego|któr\w+|ne|kim\w*|nere\w*|nasıl|hangi|kaç|neden)\b"
    r"|何|誰|どこ|いつ|どう|なに|だれ|什么|什麼|谁|誰|哪|怎么|怎麼|뭐|무엇|누구|누가|어디|언제|어떻게",
    re.I,
)
_PAST = {
    "German": r"ha(?:ben?|t|st|bt)|hatten?|war(?:en|st)?|wurden?|gab|kam(?:en)?|ging(?:en)?|fuhr(?:en)?|sah(?:en)?"
    r"|aß(?:en)?|schlief(?:en)?|blieb(?:en)?|machten?|feierten?|besuchten?|trafen?|(?:bin|ist|sind|seid)\b.*\b(?:gewesen"
    r"|\w*(?:gefahren|gegangen|gekommen|gezogen)|geflogen|geblieben|gewandert|gereist|geschwommen|passiert|geboren)",
    "French": r"(?:j['’]ai|ai|a|avons|avez|ont|suis|est(?!-ce)|sommes|êtes|sont)\b.{0,30}\b(?:(?!été\b)\w{2,}ée?s?"
    r"|fait|pris|mis|vu|vus|eu|venue?s?|partie?s?|sortie?s?|lu|bu|dormi|reçu|dit|été en|été à)"
    r"|ét(?:ai\w+|ions|iez)|avai\w+|fais(?:ai\w+|ions)|all(?:ai\w+|ions)",
    "Spanish": r"hic\w+|hizo|fui\w*|fue(?:ron)?|estuv\w+|vin(?:ieron|imos)|qui[ée]n vino|comimos|fuimos|vimos|\w+ó"
    r"|\w+(?:aron|ieron|aba[ns]?|ábamos|íamos)|había\w*",
    "Italian": r"(?:ho|hai|ha|abbiamo|avete|hanno|siamo|sono|è)\b.{0,30}\b(?:(?!estate\b)\w+[aiu]t[oaie]|fatt\w|vist\w"
    r"|pres\w|mess\w|rimast\w|dormito)|era(?:no|vamo)?|c['’]era(?:no)?",
    "Portuguese": r"fizemos|fiz|fez|fizeram|fomos|foi|foram|estivemos|esteve|veio|estava\w*|vieram|\w{3,}ou"
    r"|\w+(?:aram|eram|iram)",
    "Dutch": r"deden|deed|waren|(?:wie|wat|waar|hoe) was|hebben|heb|heeft|hadden|had|gingen|kwam(?:en)?|zagen|aten"
    r"|zijn\b.*\bge\w+",
    "Polish": r"\w*ł(?:em|am|eś|aś|a|y|o)?|\w+li(?:śmy|ście)?(?<!\bli)(?<=[abeiyz]li|śmy)|\w+łyśmy",
    "Turkish": r"\w{2,}[dt][ıiuü](?:k|lar|ler)|vardı|kimdi|neydi|gitti\w*|geldi\w*|yaptı\w*|oldu\w*",
    "of photos": r"fot\w+|photos?|bild\w*|v[ií]deos?|zdję\w+|imágenes|immagini|resim\w*",
}
_OF_ONE_TIME = re.compile(
    rf"\b(?:{'|'.join(_PAST.values())})\b"
    r"|[しいっきえけみれ来見出寝着べ]た(?:[の人か写っ？?。]|$)|った|[んい]だ(?:[の人か？?。]|$)|ました|でした|写真|了|[过過]|照片"
    r"|[했였갔왔았었졌났샀먹봤셨]|사진",
    re.I,
)
"""What says that a question is of the past, or of photos."""


def is_of_one_time(text: str) -> bool:
    """Whether a text is no question, or one of the past or of photos: "im Sommer" is then the latest one."""
    return not _QUESTION.search(text) or bool(_OF_ONE_TIME.search(text))
