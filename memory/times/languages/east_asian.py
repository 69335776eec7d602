"""Times in Japanese, Chinese and Korean, written in English: "去年の5月", "2022年5月到7月", "지난주 토요일".

These stand between other letters without spaces. A time with a word that makes it another one ("翌年", "每年") is left
as it is, so that it limits nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from memory.times.calendar_names import MONTH_NAMES
from memory.times.languages.east_asian_words import KINDS, LAST_OF, UNITS
from memory.times.languages.tenses import is_of_one_time
from memory.times.languages.undated_times import undated_east_asian
from memory.times.spelling_parts import Rules

_TOKEN = "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in KINDS.items())
_TOKENS = re.compile(_TOKEN, re.I)
_ANY = "|".join(KINDS.values())
_BEGINS = "|".join(words for kind, words in KINDS.items() if kind not in ("day", "season", "feast", "share"))
_NAME_BEFORE_YEAR = "|".join(KINDS[kind] for kind in ("season", "feast"))
_GAP = r"(?:[ ]?[の的、,]?[ ]?|의 )"
_TIME = rf"(?:(?:{_NAME_BEFORE_YEAR})[ ]?(?={KINDS['year']})|(?:{_BEGINS}))(?:{_GAP}(?:{_ANY}))*"
_DIGITS = {sign: str(n) for n, sign in enumerate("〇一二三四五六七八九")} | {"零": "0", "两": "2", "兩": "2"}
_COUNTED = r"年|[かヶカヵケ箇]月|[个個]月|月|週間|[周週]|[个個]?(?:星期|礼拜)|天|日|[号號]"
_NATIVE = {
    "하루": "1일",
    "이틀": "2일",
    "사흘": "3일",
    "나흘": "4일",
    "일주일": "1주",
    "반년": "6개월",
    "반 년": "6개월",
}
_KOREAN = {"한": 1, "두": 2, "세": 3, "네": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9, "열": 10}
_KOREAN_PAIRS = {"한두": 1, "두세": 2, "두 세": 2, "서너": 3, "너댓": 4, "네다섯": 4, "예닐곱": 6, "대여섯": 5}
"""The lower of two numbers that are one word."""
_UNIT_AGO = rf"(?P<unit>[ ]?(?:{_COUNTED}|년|해|개월|달|주일?|일)間?)(?P<ago>(?:以前|之前|前|[ ]전)(?![半後后]))"
_KANA = re.compile("[ぁ-ヿ]")
_OTHER_TIME = (
    r"(?![の的의 ]?(?:翌|次の[年月日週]|前の[年月日週]|第二[天年]|次年|前一[天年周]|[后後]一[天年周]"
    r"|다음 ?[해날달주]|이듬해|전날|전해))"
)
_UNTIL_DEED, _SINCE_DEED = r"の?前|之前|以前|전(?=에)", r"の?(?<!最)[後后]|之[后後]|以[后後来來]|のあと|후|이후"
_DEED = rf"[^、。，,？?！!\s\d]{{1,12}}?(?:(?P<until>{_UNTIL_DEED})|(?P<since>{_SINCE_DEED}))"
_LIMITS = {
    "since": "から|以降|以来|以來|以後|以后|起|开始|開始|부터|이후|이래|に入って(?:から)?",
    "after": "より後|の後|のあと|之后|之後|后|後(?!半)|후(?!반)",
    "until": "以前|이전|まで|为止|為止|까지",
    "before": "より前|の前|之前|前(?!半|後|后)|전(?![가-힣])|전(?=에|의|까지)",
    "around": "頃|ごろ|前後|前后|左右|경|쯤|무렵",
    "except": "以外|を除いて|を除く|제외|빼고|말고",
    "not in": "ではなく|じゃなく|が아니라|이 아니라|가 아니라",
}
_AHEAD = {
    "since": "自[从從]|[从從]|(?<![来來])自",
    "until": "直到|截至|截止到?",
    "except": "(?<![删刪])除[了去]?",
    "not in": "不是|而不是|并非",
}


def east_asian() -> Rules:
    """Times of Japanese, Chinese and Korean; these rules fit anywhere in a word."""
    yield r"[０-９]", lambda m: str(int(m[0]))
    yield r"[〇零一二三四五六七八九]{4}(?=年)", lambda m: "".join(_DIGITS[sign] for sign in m[0])
    yield (
        rf"(?P<a>[一二三四五六七八九两兩]|(?<!\d)\d)(?P<gap>[、,~〜～–—-]?)(?P<b>[二两兩三四五六七八九]|\d(?!\d)){_UNIT_AGO}",
        _either,
    )
    yield rf"(?P<a>{'|'.join(_KOREAN_PAIRS)})(?P<gap> )?(?P<b>){_UNIT_AGO}", _either
    yield rf"(?<![第一二三四五六七八九十])(?!一昨)[一二三四五六七八九十两兩]{{1,3}}(?={_COUNTED})", _number
    yield "|".join(_NATIVE), lambda m: _NATIVE[m[0]]
    yield rf"({'|'.join(_KOREAN)}) ?(?=해 전|년 전|달|주 전|주일|개월)", lambda m: str(_KOREAN[m[1]])
    yield rf"(?P<a>{_TIME})(?:と|和|与|與|하고|와|과) ?(?P<b>{_TIME})(?:の間|之间|之間|사이)", _both("between", "and")
    to = r"から|到|至|[~〜～–—-]|부터|에서"
    yield rf"(?P<a>{_TIME}) ?(?:{to}) ?(?P<b>{KINDS['day']})(?!{_GAP}(?:{_ANY})){_OTHER_TIME}", _days_together
    yield (
        rf"(?P<a>{_TIME}) ?(?:{to}) ?(?P<b>{_TIME}|{KINDS['season']})(?:まで|为止|為止|까지|之间|の間)?{_OTHER_TIME}",
        _both("from", "to"),
    )
    either = r"か|或者?|還是|还是|や|と|和|跟|이나|나|또는|하고|와|과|または|・"
    yield rf"(?P<a>{_TIME}) ?(?:{either}) ?(?P<b>{_TIME}|{KINDS['season']}){_OTHER_TIME}", _both("in", "or")
    yield from undated_east_asian()
    ahead = "|".join(f"(?P<a{n}>{words})" for n, words in enumerate(_AHEAD.values()))
    behind = "|".join(f"(?P<b{n}>{words})" for n, words in enumerate(_LIMITS.values()))
    yield rf"(?:{ahead})?(?P<time>{_TIME}){_OTHER_TIME}(?: ?の?(?:{behind})|(?={_DEED}))?", _limited
    yield r"毎年|每年|매년|いつも|通常|一般|平时|平時|总是|總是|항상|보통|늘 |ふだん|普段", " usually "


def _both(first: str, second: str) -> Callable[[re.Match[str]], str]:
    def write(match: re.Match[str]) -> str:
        a, b = _english(match, "a"), _english(match, "b")
        return f" {first} {a} {second} {b} " if a and b else match[0]

    return write


def _limited(match: re.Match[str]) -> str:
    time = _english(match, "time")
    of_no_year = time.rpartition(" ")[2] in MONTH_NAMES and not re.search(r"\d", time)
    if not time or (of_no_year and not is_of_one_time(match.string)):
        return match[0]
    behind = [how for n, how in enumerate(_LIMITS) if match[f"b{n}"]]
    ahead = [how for n, how in enumerate(_AHEAD) if match[f"a{n}"]]
    every = [*behind, *ahead, *(how for how in ("until", "since") if match[how])]
    how = every[0] if every else "in"
    return f" {how} {time}{'; ' if how in ('not in', 'except') else ' '}"


def _days_together(match: re.Match[str]) -> str:
    """ "5月3日から6日" as "3 to 6 may"."""
    time = _english(match, "a")
    last = re.sub(r"\D", "", match["b"])
    return f" in {time.replace(' ', f' to {last} ', 1)} " if re.match(r"\d{1,2} [a-z]", time) else match[0]


def _english(match: re.Match[str], group: str) -> str:
    """The time in English; "" where nobody says which one it is, or a part is not understood."""
    found: dict[str, str] = {}
    for token in _TOKENS.finditer(match[group]):
        kind = token.lastgroup or ""
        if kind == "unknown" or kind in found or (token[0] == "前年" and _KANA.search(match.string)):
            return ""
        found[kind] = _word(kind, token[0])
    return _in_order(found)


def _word(kind: str, text: str) -> str:
    """One token in English: "5月" is "may"."""
    if kind in ("year", "day"):
        return re.sub(r"\D", "", text)
    if kind == "month":
        return MONTH_NAMES[int(re.sub(r"\D", "", text)) - 1]
    if kind == "decade":
        return f"the {re.sub(r'[^0-9]', '', text)}s"
    if kind in ("ago", "many"):
        count = next(iter(re.findall(r"\d+", text)), "a few" if kind == "ago" else "few")
        unit = next(unit for unit, words in UNITS.items() if re.search(words, text.removeprefix("지난")))
        half = " and a half" if re.search(r"\d\D{1,2}半前", text) else ""
        if "半年" in text and not half:
            return "half a year ago"
        more = "more than " if re.search("以上|넘게", text) else ""
        return f"{more}{count} {unit}s{half} ago" if kind == "ago" else f"last {count} {unit}s"
    return next((word for word, words in LAST_OF[kind].items() if re.fullmatch(words, text)), "")


def _in_order(found: dict[str, str]) -> str:
    """ "early" "may" "2022" as "early may 2022"."""
    share = found.pop("share", "")
    week = found.pop("week", "")
    weekday = found.pop("weekday", "")
    of_month = found.pop("lastmonth", "")
    day = found.pop("day", "")
    names = [found.pop(kind) for kind in ("month", "season", "feast") if kind in found]
    year = found.pop("year", "") or found.pop("lastyear", "")
    rest = list(found.values())
    if len(rest) > 1 or len(names) > 1 or (day and not (names or of_month)) or (week and (names or year or rest)):
        return ""
    if of_month:
        return "" if names or year or rest else f"{day}th of {of_month}" if day else _shared(share, of_month)
    if week or (weekday and not (names or year or rest)):
        return " of ".join(filter(None, (weekday, week))) if not share else ""
    ago = rest[0] if rest else ""
    if ago and not (names or share):
        return ago
    of_year = year or (ago if "year" in ago else "")
    if ago and not of_year:
        return ""
    name = " ".join(filter(None, (day, *names)))
    return _shared(share, " ".join(filter(None, (name, of_year))))


def _shared(share: str, time: str) -> str:
    return f"{share} {time}".strip() if time else ""


def _either(match: re.Match[str]) -> str:
    """ "两三年前" as "2年前或3年前"."""
    a, b = (_DIGITS.get(match[n], match[n]) for n in "ab")
    first = _KOREAN_PAIRS.get(a) or int(a)
    last = int(b or first + 1)
    if last <= first or (not match["gap"] and last != first + 1) or (match["a"].isascii() and not match["gap"]):
        return match[0]
    unit, ago = match["unit"].strip(), match["ago"]
    return f"{first}{unit}{ago}或{last}{unit}{ago}"


def _number(match: re.Match[str]) -> str:
    """ "十二" as "12"."""
    tens, ten, ones = match[0].partition("十")
    if not ten:
        return "".join(_DIGITS[sign] for sign in match[0])
    return str(int(_DIGITS.get(tens, "1")) * 10 + int(_DIGITS.get(ones, "0")))
