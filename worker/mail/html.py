"""HTML of a mail, as text for reading and sanitised for display.

worker.mail.html_reader makes the text and bounds the source; nh3 alone decides what is safe to
show: no script, style, form or frame, no picture from outside, links to plain schemes only.
"""

import re
from dataclasses import dataclass

import nh3

from worker.mail.charsets import clean_text
from worker.mail.html_reader import Reader

_META_CHARSET = re.compile(
    rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE
)
_TAGS = frozenset(
    (
        "a",
        "abbr",
        "address",
        "article",
        "aside",
        "b",
        "bdi",
        "bdo",
        "big",
        "blockquote",
        "br",
        "caption",
        "center",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "details",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "font",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "main",
        "mark",
        "ol",
        "p",
        "pre",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "section",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "time",
        "tr",
        "tt",
        "u",
        "ul",
        "var",
        "wbr",
    )
)
_ATTRIBUTES = {
    "*": {"dir", "lang", "title", "align", "valign"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan", "width"},
    "th": {"colspan", "rowspan", "width"},
    "table": {"border", "cellpadding", "cellspacing", "width"},
    "font": {"color", "size"},
    "ol": {"start", "type"},
    "li": {"value"},
}
_DROPPED_WITH_CONTENT = {
    "script",
    "style",
    "title",
    "iframe",
    "noframes",
    "template",
    "textarea",
}
_PICTURE = re.compile(r"data:image/(?:png|jpe?g|gif|webp|bmp);base64,", re.IGNORECASE)
_LINK = re.compile(r"(?:https?|mailto|tel):", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReadableHtml:
    """An HTML part in both forms."""

    text: str
    """What a person would see; quoted passages begin with "> "."""
    display: str
    """Sanitised; only links to http, https, mailto, tel and pictures by cid: or data:."""
    defects: tuple[str, ...] = ()


def meta_charset(octets: bytes) -> str | None:
    """The charset that a meta element names in the first 4 kB; None without one."""
    match = _META_CHARSET.search(octets[:4096])
    return match.group(1).decode("ascii", "replace") if match else None


def read_html(source: str, *, max_chars: int = 2_000_000) -> ReadableHtml:
    """Read `source`; beyond `max_chars` it is left out, with a defect. Raises nothing."""
    defects = []
    if len(source) > max_chars:
        source = source[:max_chars]
        defects.append("HTML over the bound: its end is left out")
    reader = Reader(clean_text(source))
    reader.run()
    if reader.is_cut:
        defects.append("HTML with more tags than the bound: its end is left out")
    if reader.dropped_tags:
        defects.append("HTML nested over the bound: flattened")
    return ReadableHtml(reader.text(), _sanitise("".join(reader.kept)), tuple(defects))


def html_to_text(source: str) -> str:
    """The text of `source` as a person would see it."""
    reader = Reader(clean_text(source))
    reader.run()
    return reader.text()


def _sanitise(bounded: str) -> str:
    return nh3.clean(
        bounded,
        tags=set(_TAGS),
        clean_content_tags=_DROPPED_WITH_CONTENT,
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        strip_comments=True,
        link_rel="noopener noreferrer nofollow",
    )


def _attribute(_tag: str, name: str, value: str) -> str | None:
    """Pictures come from the mail alone (no tracking), links lead to plain schemes only."""
    if name == "src":
        is_own = value.lower().startswith("cid:") or _PICTURE.match(value)
        return value if is_own else None
    if name == "href":
        return value if _LINK.match(value.strip()) else None
    return value if len(value) <= 500 else None
