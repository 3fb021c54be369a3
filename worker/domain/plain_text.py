"""Makes text of strangers safe to show: one line, visible characters only, nothing to click on.

Pure. Escaping for HTML and encoding for header fields is the business of those who write them.
"""

import re

# Control characters and line separators end up as blanks, so that words stay apart.
_BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\\s]+")
# Invisible, direction-changing, private and unencodable characters go: Unicode categories Cf,
# Co and Cs, and those that only look like blanks.
_INVISIBLE = re.compile(
    "[\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff]+"
)
# Mail programs make links of these by themselves: evil.example, user@evil.example, tel:+1.
_LINK_DOT = re.compile(r"(?<=\w)([.\uff0e\uff61])(?=\w)(?!(?<=\d[.\uff0e\uff61])\d)")
_IDEOGRAPHIC_DOT = re.compile(r"(?<=[A-Za-z0-9])(\u3002)(?=[A-Za-z0-9])")
_SCHEME = re.compile(r"(?<=[A-Za-z0-9])([:\uff1a])(?=[^\s:\uff1a])(?!(?<=\d[:\uff1a])\d)")


def one_line(text: str, *, limit: int) -> str:
    """Put a text on one line of at most `limit` characters, without control and invisible ones.

    What is cut off leaves an ellipsis.
    """
    # Only so much is looked at: a name of 100 kB costs no more than a long one.
    line = _BREAKS.sub(" ", _INVISIBLE.sub("", text[: 8 * limit])).strip()
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def without_links(line: str) -> str:
    """Open a gap where a mail program would see a link: `evil.example` becomes `evil. example`.

    Numbers and times (3.5, 10:30) stay. Doing it twice changes nothing more.
    """
    line = _SCHEME.sub(r"\1 ", line)
    return _IDEOGRAPHIC_DOT.sub(r"\1 ", _LINK_DOT.sub(r"\1 ", line))
