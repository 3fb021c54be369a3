"""The words of dates, times of day, zones and spans, in the main languages; see instants."""

import re

ZONES = {
    **dict.fromkeys(("utc", "gmt", "z"), 0),
    **dict.fromkeys(("cet", "wat", "bst"), 60),
    **dict.fromkeys(("cest", "eet", "sast"), 120),
    **dict.fromkeys(("msk", "trt", "eat", "eest"), 180),
    **dict.fromkeys(("ict", "wib"), 420),
    **dict.fromkeys(
        ("hkt", "sgt", "北京时间", "北京時間", "中国时间", "台北時間", "香港時間"), 480
    ),
    **dict.fromkeys(("jst", "kst", "日本時間", "한국시간"), 540),
    "est": -300,
    "edt": -240,
    "pst": -480,
    "pdt": -420,
    "мск": 180,
    "по москве": 180,
}
"""Minutes east of UTC. CST and IST mean several zones and are not here."""
ZONE = re.compile(
    r"(?:(?P<name>北京时间|北京時間|中国时间|台北時間|香港時間|日本時間|한국시간|по москве|мск"
    r"|utc|gmt|cest|cet|eest|eet|msk|trt|hkt|sgt|jst|kst|wib|ict|est|edt|pst|pdt|bst|z)(?![a-z])"
    r"(?:\s?(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?)?"
    r"|(?<=[\d ])(?P<sign2>[+-])(?P<hours2>\d{2}):?(?P<minutes2>\d{2})(?!\d))"
)
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar januari enero janeiro janvier января ocak",
            "feb february februar februari febrero fevereiro février февраля şubat",
            "mar march märz maret marzo março mars марта mart",
            "apr april abril avril апреля nisan",
            "may mai mei mayo maio мая mayıs",
            "jun june juni junio junho juin июня haziran",
            "jul july juli julio julho juillet июля temmuz",
            "aug august agustus agosto août августа ağustos",
            "sep sept september septiembre setembro septembre сентября eylül",
            "oct october oktober octubre outubro octobre октября ekim",
            "nov november noviembre novembro novembre ноября kasım",
            "dec december dezember desember diciembre dezembro décembre декабря aralık",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})(?!\d)")
YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?!\d)")
HAN_DAY = re.compile(r"(?<!\d)(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日号號일]?")
DAY_MONTH = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th|\.)?\s(?:of\s|de\s)?({_MONTH})(?![a-zа-я])\.?,?(?:\s(?:de\s)?(\d{{4}}))?"
)
MONTH_DAY = re.compile(
    rf"(?<![a-zа-я])({_MONTH})\.?\s(\d{{1,2}})(?:st|nd|rd|th)?(?![\d:]),?(?:\s(\d{{4}}))?"
)
_DAYS = {
    0: r"today|tonight|this (?:morning|afternoon|evening)|今天|今日|今早|今晨|今晚|今朝|hoy"
    r"|heute|hoje|aujourd['’]hui|ce (?:matin|soir)|сегодня|bugün|bu sabah|hôm nay|sáng nay"
    r"|chiều nay|오늘|hari ini|tadi (?:pagi|siang|sore)|esta (?:mañana|tarde|noche|manhã)",
    1: r"yesterday|昨天|昨日|昨晚|last night|ayer|anoche|gestern|ontem|hier(?![a-z])|вчера"
    r"|dün|hôm qua|tối qua|어제|kemarin",
    2: r"day before yesterday|(?<!大)前天|一昨日|anteayer|vorgestern|anteontem|avant-hier"
    r"|позавчера|hôm kia|그제",
}
DAY_WORDS = tuple(
    (back, re.compile(rf"(?<![^\W\d_])(?:{words})")) for back, words in reversed(_DAYS.items())
)
HAN_DAY_WORDS = re.compile(r"大前天")
NIGHT = re.compile(
    r"下午|傍晚|晚上?|夜里|夜裡|pm(?![a-z])|p\.m\.|tonight|evening|afternoon|last night"
    r"|오후|저녁|밤|午後|de la tarde|de la noche|da tarde|da noite|du soir|вечера|дня|abends"
    r"|chiều|tối|malam|sore"
)
MORNING = re.compile(
    r"凌晨|早上?|上午|今晨|(?<![a-z])am(?![a-z])|a\.m\.|morning|오전|새벽|午前|de la mañana"
    r"|da manhã|du matin|утра|ночи|sáng|pagi"
)
CLOCK = re.compile(
    r"(?<![\d.:])(?P<hour>[01]?\d|2[0-4])"
    r"(?:[:：](?P<minute>[0-5]\d)(?::[0-5]\d(?:\.\d{1,6})?)?"
    r"|\s?[点點時时시h](?!o|r|ou)(?:\s?(?P<minute2>[0-5]?\d)\s?[分분]?(?!\d)|(?P<half>半|반))?"
    r"|\s?(?:uhr|часов|часа|giờ)(?:\s?(?P<minute3>[0-5]\d))?|(?=\s?[ap]\.?m(?![a-z])))"
)
HAN_HOUR = re.compile(
    r"(?P<hour>十[一二]?|[一二两兩三四五六七八九])(?:点|點)(?P<half>半)?(?!\d)"
)
HAN = {c: n for n, c in enumerate("零一二三四五六七八九十")} | {"两": 2, "兩": 2, "半": 0.5}
COUNTS = {
    **dict.fromkeys(
        ("a", "an", "one", "una", "un", "uma", "um", "une", "einer", "час", "bir"), 1
    ),
    **dict.fromkeys(("two", "dos", "duas", "deux", "zwei", "два", "iki", "hai", "dua"), 2),
    **dict.fromkeys(("three", "tres", "três", "trois", "drei", "три", "üç", "ba", "tiga"), 3),
    "four": 4,
    "five": 5,
    "six": 6,
    "ten": 10,
    "half an": 0.5,
    "半": 0.5,
    "半个": 0.5,
}
AGO = re.compile(
    r"(?P<count>\d{1,3}|half an|[a-zа-яüêàçı]{1,6}|[一二两兩三四五六七八九十半]{1,3}[个個]?)\s?"
    r"(?:(?P<minutes>minutos?|minuten?|minutes?|mins?|мин[а-я]*|dakika|phút|menit|分钟|分鐘|分|분)"
    r"|(?P<hours>horas?|stunden?|hours?|hrs?|heures?|час[а-я]*|saat|giờ|tiếng|jam|[个個]?小时"
    r"|[个個]?小時|時間|시간))\s?(?P<ago>ago|之?前|以前|назад|önce|trước|(?:yang )?lalu|전)?"
)
BEFORE = re.compile(r"(?:hace|vor|il y a|há|ha)\s?$")
