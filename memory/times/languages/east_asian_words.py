"""Words of time in Japanese, Chinese and Korean, by what they mean in English."""

from __future__ import annotations

from memory.times.calendar_names import WEEKDAYS
from memory.times.spelling_parts import MOVABLE_FEAST

UNITS = {
    "month": "[かヶカヵケ箇]月|[个個]月|개월|달",
    "week": "週|周|星期|礼拜|禮拜|주",
    "day": "日|天|일",
    "year": "年|년|해",
}
"""A unit by its signs, in an amount of time."""
_WEEKDAYS_IN_KOREAN = "월화수목금토일"
_AMOUNT = "(?:年|[かヶカヵケ箇]月|[个個]月|週間?|周|[个個]?(?:星期|礼拜|禮拜)|天|日|년|해|개월|달|주일?|일)"
_WEEK = "周|週|[个個]?星期|[个個]?礼拜|[个個]?禮拜"
LAST_OF = {
    "week": {
        "week before last": rf"先々週|先先週|上上(?:{_WEEK})|지지난 ?주",
        "last week": rf"先週|上(?:{_WEEK})|지난 ?주|저번 ?주",
        "this week": rf"今週|(?:[这這]|(?<!日)本)(?:{_WEEK})|이번 ?주",
    },
    "weekend": {
        "weekend before last": "先々週末|上上[个個]?[周週]末|지지난 ?주말",
        "last weekend": "先週末|先週の週末|上[个個]?[周週]末|지난 ?주말|저번 ?주말",
        "this weekend": "今週末|(?:[这這]|(?<!日)本)[个個]?[周週]末|이번 ?주말",
    },
    "lastmonth": {
        "month before last": "先々月|先先月|上上[个個]?月|지지난 ?달",
        "last month": "先月|上[个個]?月|지난 ?달|저번 ?달",
        "this month": "今月|[这這][个個]?月|本月|이번 ?달",
    },
    "lastyear": {
        "3 years ago": "大前年|さきおととし",
        "year before last": "一昨年|おととし|재작년|지지난해|前年",
        "last year": "去年|昨年|작년|지난 ?해",
        "this year": "今年|올해|금년",
    },
    "fixed": {
        "3 days ago": "大前天|さきおととい|그끄저께",
        "the day before yesterday": "一昨日|おととい|おとつい|前天|그저께|그제",
        "yesterday": "昨日|きのう|昨天|어제|어젯밤|昨夜|昨晩|昨晚|ゆうべ",
        "today": "今日|きょう|今天|本日|오늘|今朝|今早|今晩|今晚|今夜",
    },
    "lastday": {
        f"last {day}": rf"지난 ?{korean}요일" for day, korean in zip(WEEKDAYS, _WEEKDAYS_IN_KOREAN, strict=True)
    },
    "weekday": {
        day: rf"{japanese}曜日?|(?:周|週|星期|礼拜|禮拜)?{chinese}|{korean}요일"
        for day, japanese, chinese, korean in zip(
            WEEKDAYS, "月火水木金土日", (*"一二三四五六", "[日天]"), _WEEKDAYS_IN_KOREAN, strict=True
        )
    },
    "lastseason": {
        f"{which} {season}": rf"(?:{words}) ?{korean}"
        for which, words in {"last": "지난", "this": "이번"}.items()
        for season, korean in {"spring": "봄", "summer": "여름", "autumn": "가을", "winter": "겨울"}.items()
    },
    "season": {
        "spring": "春(?:天|季|休み)?|봄",
        "summer": "夏(?:天|季|休み)?|여름",
        "autumn": "秋(?:天|季)?|가을",
        "winter": "冬(?:天|季|休み)?|겨울",
    },
    "feast": {
        "christmas eve": "クリスマス・?イブ|平安夜|크리스마스 ?이브",
        "christmas": "クリスマス|[圣聖][诞誕][节節]?|크리스마스|성탄절",
        "new year's eve": "大晦日|大みそか",
        "new year's day": "元旦|元日|신정",
        "new year": "お?正月",
        "halloween": "ハロウィ[ーン]ン?|万圣节|萬聖節|핼러윈|할로윈",
        "valentine's day": "バレンタイン(?:デー)?|情人[节節]|발렌타인데이",
        MOVABLE_FEAST: "春[节節]|旧正月|설날|추석|中秋[节節]?|端午[节節]?|清明[节節]?|七夕|お盆|除夕|元宵[节節]"
        "|重[阳陽][节節]"
        "|ゴールデンウィーク|国庆[节節]?|國慶[节節]?",
    },
    "share": {
        "first half of": "前半|上半年|상반기|전반",
        "second half of": "後半|后半|下半年|하반기|후반",
        "early": "初め|はじめ|初頭|初旬|上旬|年初|月初|头|初|초(?![등])",
        "mid": "中頃|半ば|中旬|年中|중순|중반",
        "late": "末|終わり|下旬|年底|月底|底|年末|月末|末尾|말(?!고)|하순",
    },
}
"""By kind: the words of Japanese, Chinese and Korean, for each English one."""


def _every(kind: str) -> str:
    return "|".join(LAST_OF[kind].values())


_BEFORE_A_WEEKDAY = (
    "(?:周|週|星期|礼拜|禮拜)[一二三四五六日天](?![个個人次起直共家些样定])|[月火水木金土日]曜日?|[월화수목금토일]요일"
)
KINDS = {
    "unknown": "来年|來年|明年|翌年|翌月|翌週|翌日|내년|다음 ?(?:해|주|달|날)|이듬해|来月|來月|下[个個]?月"
    "|来週|下[周週]|下[个個]?星期|明天|明日|내일|毎[年月週日]|每[年月周週天日]|每[个個]月|매[년월주일]|[そ그]の?[年月日]|那[年天]"
    "|그 ?(?:해|날)"
    r"|年末年始|年越し|当年|當年|同年|隔年|某年|次の[年月日週]|第二[天年]|\d+月号",
    "many": rf"(?:最近|この|ここ|过去|過去|최근|지난)の? ?(?:\d+|数|几|幾|몇) ?{_AMOUNT}(?:間|间|동안|간)?(?!前| ?전)",
    "ago": rf"(?:(?<!\d)\d{{1,2}}|半|数|几|幾|몇) ?{_AMOUNT}(?:半|多)?(?:以上|ほど|ぐらい|くらい| 넘게)? ?"
    "(?:以?前(?!後|后|半)|之前|전(?!반))",
    "weekend": _every("weekend"),
    "week": _every("week"),
    "lastmonth": _every("lastmonth"),
    "lastyear": _every("lastyear"),
    "fixed": _every("fixed"),
    "lastday": _every("lastday"),
    "weekday": rf"{_BEFORE_A_WEEKDAY}|(?<=[周週]|期|拜)[一二三四五六日天](?![\d年月日个個人次天起直共家些样定号])",
    "decade": r"(?<!\d)(?:(?:19|20)?[0-9]0 ?(?:年代|년대))",
    "year": r"(?<!\d)(?:19|20)\d\d ?(?:年度?|년도?)|(?<!\d)(?:19|20)\d\d(?=[ ]?[春夏秋冬]|[ ]?(?:봄|여름|가을|겨울))",
    "month": r"(?<![\d.])(?:1[0-2]|0?[1-9]) ?(?:月份?|월)(?![雨病号曜]|ちゃん|さん|くん|君|様)",
    "day": r"(?<![\d.])(?:3[01]|[12]\d|0?[1-9]) ?(?:日|[号號]|일)(?![間间前子目本中])",
    "feast": _every("feast"),
    "lastseason": _every("lastseason"),
    "season": _every("season"),
    "share": _every("share"),
}
"""The tokens of a time: a regular expression of each kind, in the order in which they are tried."""
