"""Turns octets and a charset label into text, whatever the label is worth.

Only charsets stand in the table, none of Python's other codecs (zlib, rot13, idna,
unicode_escape). Labels that name a subset are read with its superset, as browsers do: mail
marked gb2312 is GBK. Where the label is unknown, absent or plainly wrong, the octets are asked
(worker.mail.detection).
"""

import re

from worker.mail import iso_2022_jp
from worker.mail.detection import contradicts, detect

ISO_2022_JP = "iso-2022-jp"

_FAMILIES = {
    "utf-8": "utf-8 utf8 unicode-1-1-utf-8 utf-8-mac utf8mb4 cp65001 utf_8 x-utf-8",
    "utf-7": "utf-7 utf7 unicode-1-1-utf-7 cp65000 x-unicode-2-0-utf-7",
    "utf-16": "utf-16 utf16 ucs-2 iso-10646-ucs-2 unicode",
    "utf-16-le": "utf-16le utf-16-le",
    "utf-16-be": "utf-16be utf-16-be",
    "utf-32": "utf-32 utf32 ucs-4 utf-32le utf-32be",
    "gb18030": "gb18030 gb2312 gb-2312 gb_2312 gb_2312-80 gb2312-80 iso-ir-58 gbk x-gbk cp936"
    " windows-936 ms936 euc-cn euc_cn x-euc-cn euccn chinese csgb2312 csiso58gb231280"
    " iso-gb2312"
    " iso-gbk x-gb2312 gb18030-2000 gb13000 zh_cn.gb2312 cn-gb 936",
    "hz": "hz hz-gb-2312 hzgb",
    "big5hkscs": "big5 big-5 big_5 x-x-big5 cn-big5 csbig5 big5-hkscs big5hkscs big5-eten"
    " x-big5 cp950 windows-950 ms950 zh_tw-big5 950",
    "cp949": "euc-kr euc_kr euckr ks_c_5601-1987 ks_c_5601-1989 ks_c_5601 ksc5601 ksc_5601"
    " ks_c-5601-1987 ks-c-5601-1987 korean cseuckr iso-ir-149 cp949 windows-949 ms949 uhc 5601"
    " x-windows-949",
    "johab": "johab cp1361",
    "iso2022_kr": "iso-2022-kr iso2022-kr csiso2022kr",
    "cp932": "shift_jis shift-jis shiftjis sjis x-sjis ms_kanji csshiftjis cp932 windows-31j"
    " ms932 x-ms-cp932 mskanji shift_jisx0213 shift_jis-2004 932",
    "euc_jis_2004": "euc-jp euc_jp eucjp x-euc-jp ujis cseucpkdfmtjapanese euc-jisx0213",
    ISO_2022_JP: "iso-2022-jp iso2022-jp csiso2022jp iso-2022-jp-1 iso-2022-jp-2 iso-2022-jp-3"
    " iso-2022-jp-ms iso-2022-jp-2004 iso-2022-jp-ext cp50220 cp50221 cp50222 jis x-jis",
    "cp1252": "iso-8859-1 iso8859-1 iso_8859-1 latin1 latin-1 l1 windows-1252 cp1252 cp-1252"
    " x-cp1252 win-1252 ansi x-ansi iso-ir-100 ibm819 cp819 iso8859_1 8859_1 iso-8559-1 1252"
    " ansi_x3.110-1983 iso-8859-1-windows-3.1-latin-1 windows1252 en_us",
    "cp1254": "iso-8859-9 iso8859-9 iso_8859-9 latin5 l5 windows-1254 cp1254 x-cp1254",
    "cp874": "tis-620 tis620 iso-8859-11 windows-874 cp874 dos-874",
    "iso8859_8": "iso-8859-8 iso-8859-8-i iso-8859-8-e iso8859-8 hebrew logical visual",
    "koi8_r": "koi8-r koi8r koi8 koi cskoi8r koi8_r",
    "koi8_u": "koi8-u koi8-ru",
    "mac_roman": "macintosh mac macroman x-mac-roman x-macintosh csmacintosh macos-roman",
    "mac_cyrillic": "x-mac-cyrillic mac-cyrillic x-mac-ukrainian",
    "mac_latin2": "x-mac-ce mac-centraleurope x-mac-centraleurroman",
    "mac_greek": "x-mac-greek",
    "mac_turkish": "x-mac-turkish",
    "cp437": "cp437 ibm437 437 cspc8codepage437",
    "cp850": "cp850 ibm850 850",
    "cp852": "cp852 ibm852 852",
    "cp855": "cp855 ibm855",
    "cp858": "cp858 ibm00858",
    "cp866": "cp866 ibm866 866 csibm866",
    "cp1125": "cp1125",
    "ptcp154": "ptcp154 cp154 cyrillic-asian",
    "kz1048": "kz-1048 kz1048 rk1048",
    "hp_roman8": "hp-roman8 roman8 r8",
}
_FAMILIES.update(
    {
        f"iso8859_{n}": f"iso-8859-{n} iso8859-{n} iso_8859-{n} iso8859_{n} 8859_{n}"
        for n in (2, 3, 4, 5, 6, 7, 10, 13, 14, 15, 16)
    }
)
_FAMILIES.update(
    {
        f"cp{n}": f"windows-{n} cp{n} cp-{n} x-cp{n} win-{n} windows{n} {n} ms-ansi-{n}"
        for n in (1250, 1251, 1253, 1255, 1256, 1257, 1258)
    }
)
_CODECS = {label: codec for codec, labels in _FAMILIES.items() for label in labels.split()}
_CODECS.update({"latin2": "iso8859_2", "l2": "iso8859_2", "latin9": "iso8859_15"})
_CODECS.update({"greek": "iso8859_7", "cyrillic": "iso8859_5", "arabic": "iso8859_6"})

_NO_LABEL = frozenset(
    [
        "us-ascii",
        "ascii",
        "ansi_x3.4-1968",
        "iso646-us",
        "x-unknown",
        "unknown-8bit",
        "unknown",
        "x-user-defined",
        "7bit",
        "8bit",
        "default",
        "none",
        "iso-8859-8bit",
    ]
)
_JUNK = re.compile(r"[^a-z0-9._:-]+")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")


def codec_for(label: str | None) -> str | None:
    """Name the codec for a charset label; None when it is absent, unknown or no charset."""
    name = _JUNK.sub("", (label or "").lower()[:80])
    name = name.removeprefix("charset").lstrip(":") if name.startswith("charset") else name
    if name in _NO_LABEL:
        return None
    return _CODECS.get(name) or _CODECS.get(name.replace("_", "-"))


def decode(data: bytes, label: str | None = None, *, hint: str | None = None) -> str:
    """Decode `data`; undecodable octets become U+FFFD. Line ends and controls are left in.

    hint: a label that other parts of the same mail carry, tried before guessing.
    """
    return decode_noting(data, label, hint=hint)[0]


def decode_noting(
    data: bytes, label: str | None = None, *, hint: str | None = None
) -> tuple[str, str]:
    """Decode as `decode` does, and say in plain words what was wrong; "" when all was well."""
    codec = codec_for(label)
    if data.isascii() and codec in (None, "utf-8", "cp1252", "gb18030"):
        return data.decode("ascii"), ""
    if codec is None:
        return _guessed(data, label, hint)
    if codec == ISO_2022_JP:
        if not data.isascii() and b"\x1b" not in data:
            return _guessed(data, label, hint)  # the label stands, the escapes do not
        return iso_2022_jp.decode(data), ""
    if codec == "utf-7" and not data.isascii():
        return _guessed(data, label, hint)
    if other := contradicts(data, codec):
        text = _without_mark(data.decode(other, "replace"))
        return text, f"labelled {codec}, read as {other}"
    try:
        return _without_mark(data.decode(codec)), ""
    except UnicodeError:
        return _damaged(data, codec, hint)


def _without_mark(text: str) -> str:
    return text[1:] if text.startswith("\ufeff") else text


def _guessed(data: bytes, label: str | None, hint: str | None) -> tuple[str, str]:
    codec = detect(data, codec_for(hint))
    if codec == ISO_2022_JP:
        return iso_2022_jp.decode(data), "charset guessed as iso-2022-jp"
    text = _without_mark(data.decode(codec, "replace"))
    named = f"charset {_JUNK.sub('', label.lower())[:40]!r}" if label else "no charset"
    return text, "" if data.isascii() else f"{named}, read as {codec}"


def _damaged(data: bytes, codec: str, hint: str | None) -> tuple[str, str]:
    """A label that fails: keep it for a few bad octets, doubt it for many."""
    text = data.decode(codec, "replace")
    bad = text.count("\ufffd")
    good = sum(1 for char in text[:20000] if char > "\x7f" and char != "\ufffd")
    if bad > 1 and bad * 4 > good:
        other = detect(data, codec_for(hint))
        if other not in (codec, ISO_2022_JP):
            return data.decode(other, "replace"), f"labelled {codec}, read as {other}"
    return _without_mark(text), f"{bad} octets are not {codec}"


def clean_text(text: str) -> str:
    """Make `text` safe to store: LF line ends, no NUL, other controls or lone surrogates."""
    if "\r" in text or not text.isascii() or "\x0c" in text or "\x0b" in text:
        text = _LINE_ENDS.sub("\n", text)
    text = _CONTROLS.sub("", text)
    return text if text.isascii() else _SURROGATES.sub("\ufffd", text)


def clean_line(text: str) -> str:
    """Make `text` one clean line, white space folded."""
    return " ".join(clean_text(text).split())
