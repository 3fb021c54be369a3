"""One linear pass over the HTML of a mail: tags and text, bounded.

Writes the text that a person would see (lists, tables, links and quotes survive, hidden text
does not) and an HTML of bounded nesting, attributes and tags that a sanitiser can take: every
HTML parser slows down without end on hostile ones. Decides nothing about safety.
"""

import html as entities
import re
from dataclasses import dataclass, field

from worker.mail.charsets import clean_text

_MAX_DEPTH = 150
_MAX_TAGS = 150_000
"""Far more than a person's mail holds; what stands below is left out."""
_MAX_TAG = 4096
_MAX_PICTURE_TAG = 700_000
_MAX_ATTRIBUTES = 60

_NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9:_-]{0,40}+)")
_ATTRIBUTES = re.compile(r"(?:[^\"'>]++|(?<=[=\s])\"[^\"]*+\"|(?<=[=\s])'[^']*+'|[\"'])*+")
_HREF = re.compile(
    r"\bhref\s*+=\s*+(?:\"([^\"]{0,2000}+)\"|'([^']{0,2000}+)'|([^\s>]{1,2000}+))",
    re.IGNORECASE,
)
_ALT = re.compile(r"\balt\s*+=\s*+[\"']([^\"']{1,8}+)[\"']", re.IGNORECASE)
_HIDDEN = re.compile(
    r"display\s*+:\s*+none|visibility\s*+:\s*+hidden|mso-hide\s*+:\s*+all"
    r"|\shidden(?=[\s>/=]|$)",
    re.IGNORECASE,
)
_INDENT = re.compile(
    r"border(?:-left|-width)?\s*+:\s*+(?:none|0(?:px)?\s*+[;\"'])", re.IGNORECASE
)
"""In the style of a blockquote: mail programs indent with it, nothing is quoted."""
_CITED = re.compile(r"cite|quote", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"&#(?:0*+\d{8,}+|[xX]0*+[0-9a-fA-F]{7,}+);?")

_VOID = frozenset(
    (
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
    )
)
_SELF_CLOSING = frozenset(
    ("p", "li", "td", "th", "tr", "dt", "dd", "option", "thead", "tbody", "tfoot", "colgroup")
)
_RAW = frozenset(
    ("script", "style", "title", "xmp", "noframes", "noembed", "iframe", "template", "textarea")
)
_RAW_END = {tag: re.compile(f"</{tag}", re.IGNORECASE) for tag in _RAW}
_PARAGRAPH = frozenset(
    (
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "dl",
        "table",
        "blockquote",
        "pre",
        "hr",
        "form",
        "fieldset",
    )
)
_BLOCK = _PARAGRAPH | frozenset(
    (
        "div",
        "li",
        "tr",
        "dt",
        "dd",
        "article",
        "section",
        "header",
        "footer",
        "address",
        "center",
        "main",
        "nav",
        "aside",
        "figure",
        "body",
        "caption",
        "tbody",
        "thead",
        "option",
        "legend",
    )
)


@dataclass(slots=True)
class Reader:
    """One pass over a source; afterwards `text()` and `kept` hold what came of it."""

    source: str
    kept: list[str] = field(default_factory=list)
    dropped_tags: int = 0
    tags: int = 0
    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    stack: list[tuple[str, str]] = field(default_factory=list)
    """Open elements and what their end means: "" nothing, "hidden", or a link's address."""
    over: dict[str, int] = field(default_factory=dict)
    hidden: int = 0
    quotes: int = 0
    pre: int = 0
    lists: list[int] = field(default_factory=list)
    space: bool = False
    link_text: list[str] | None = None
    may_close: bool = True
    """Whether a ">" still stands ahead."""
    may_end_comment: bool = True

    @property
    def is_cut(self) -> bool:
        """Whether more tags than the bound stood in the source."""
        return self.tags > _MAX_TAGS

    def run(self) -> None:
        """Read the whole source."""
        position = 0
        while position < len(self.source):
            start = self.source.find("<", position)
            if start < 0 or not self.may_close:
                self._text(self.source[position:])
                break
            if start > position:
                self._text(self.source[position:start])
            position = self._markup(start)

    def _markup(self, start: int) -> int:
        """Take what begins with "<" at `start`; return where reading goes on."""
        source = self.source
        if source.startswith("<!--", start):
            return self._comment(start)
        close = source.find(">", start)
        if close < 0:
            self.may_close = False
            return start
        name = _NAME.match(source, start)
        if name is not None:
            return self._tag(name, start)
        if source[start + 1 : start + 2] in ("!", "?", "/"):
            return close + 1
        self._text("<")
        return start + 1

    def _comment(self, start: int) -> int:
        """A comment that is never closed hides nothing: only its opening is left out."""
        close = self.source.find("-->", start + 2) if self.may_end_comment else -1
        if close < 0:
            self.may_end_comment = False
            return start + 4
        return close + 3

    def _tag(self, name: re.Match[str], start: int) -> int:
        source = self.source
        self.tags += 1
        if self.tags > _MAX_TAGS:
            return len(source)
        match = _ATTRIBUTES.match(source, name.end())
        close = match.end() if match else name.end()
        if close >= len(source):  # a quote that is never closed: the tag ends at the next ">"
            close = source.find(">", name.end())
        tag = name.group(1).lower()
        position = close + 1
        if source[start + 1] == "/":
            self._close(tag)
            return position
        if tag in _RAW:
            return self._after(tag, position)
        self._open(tag, source[name.end() : close], source[start:position])
        return position

    def _after(self, tag: str, position: int) -> int:
        """Where a script, style or the like ends; nothing in it is text."""
        ending = _RAW_END[tag].search(self.source, position)
        after = self.source.find(">", ending.start()) if ending else -1
        return after + 1 if after >= 0 else len(self.source)

    def _open(self, tag: str, attributes: str, whole: str) -> None:
        meaning = ""
        if "hidden" in attributes or ":" in attributes:
            meaning = "hidden" if _HIDDEN.search(attributes[:2000]) else ""
        if tag in _VOID:
            self.kept.append(_bounded(tag, whole))
            if not self.hidden and not meaning:
                self._void(tag, attributes)
            return
        if tag in _SELF_CLOSING and self.stack and self.stack[-1][0] == tag:
            self._pop()
        if len(self.stack) >= _MAX_DEPTH:
            self.dropped_tags += 1
            self.over[tag] = self.over.get(tag, 0) + 1
            if tag in _BLOCK and not self.hidden:
                self._break(1)
            return
        self.kept.append(_bounded(tag, whole))
        if tag == "a" and not meaning and not self.hidden:
            href = _HREF.search(attributes[:4000])
            meaning = (href.group(1) or href.group(2) or href.group(3) or "") if href else ""
            self.link_text = []
        if tag == "blockquote" and not meaning and _is_indent(attributes[:2000]):
            meaning = "indent"
        self.stack.append((tag, meaning))
        if meaning == "hidden" and tag != "a":
            self.hidden += 1
        elif not self.hidden:
            self._begin(tag, meaning)

    def _close(self, tag: str) -> None:
        if self.over.get(tag):
            self.over[tag] -= 1
            return
        if tag == "br" or (tag == "p" and not any(name == "p" for name, _ in self.stack)):
            self._break(1)
            return
        if not any(name == tag for name, _ in self.stack):
            return
        while self._pop() != tag:
            pass

    def _pop(self) -> str:
        tag, meaning = self.stack.pop()
        self.kept.append(f"</{tag}>")
        if meaning == "hidden" and tag != "a":
            self.hidden -= 1
        elif not self.hidden:
            self._finish(tag, meaning)
        return tag

    def _void(self, tag: str, attributes: str) -> None:
        if tag == "br":
            self._newline()
        elif tag == "hr":
            self._break(2)
        elif tag == "img":
            alt = _ALT.search(attributes[:4000])
            if alt and not alt.group(1).isascii():  # an emoji as a picture
                self._text(alt.group(1))

    def _begin(self, tag: str, meaning: str) -> None:
        if tag in _BLOCK:
            self._break(2 if tag in _PARAGRAPH else 1)
        if tag == "blockquote" and meaning != "indent":
            self.quotes += 1
        elif tag == "pre":
            self.pre += 1
        elif tag in ("ul", "ol"):
            self.lists.append(0 if tag == "ol" else -1)
        elif tag == "li":
            self._item()
        elif tag in ("td", "th") and self.line:
            self.line.append("\t")
            self.space = False

    def _item(self) -> None:
        mark = "* "
        if self.lists and self.lists[-1] >= 0:
            self.lists[-1] += 1
            mark = f"{self.lists[-1]}. "
        self.line.append("  " * max(min(len(self.lists), 8) - 1, 0) + mark)
        self.space = False

    def _finish(self, tag: str, meaning: str) -> None:
        if tag == "a" and self.link_text is not None:
            self._link(meaning)
        if tag in _BLOCK:
            self._break(2 if tag in _PARAGRAPH else 1)
        if tag == "blockquote" and meaning != "indent":
            self.quotes -= 1
        elif tag == "pre":
            self.pre -= 1
        elif tag in ("ul", "ol") and self.lists:
            self.lists.pop()

    def _link(self, href: str) -> None:
        """Name the address behind the words unless the words say it."""
        words = "".join(self.link_text or ()).strip()
        self.link_text = None
        target = entities.unescape(href).strip() if len(href) < 2000 else ""
        if not target.lower().startswith(("http://", "https://")) or not words:
            return
        shown = target.split("://", 1)[1].strip("/").lower()
        if shown not in words.lower() and words.lower().strip("/") not in target.lower():
            self.line.append(f" <{target}>")

    def _text(self, text: str) -> None:
        if self.hidden:
            return
        if "&" in text:
            text = clean_text(entities.unescape(_LONG_NUMBER.sub("\ufffd", text)))
        if self.pre:
            self._preformatted(text)
        else:
            self._words(text)
        self.kept.append(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))

    def _words(self, text: str) -> None:
        words = text.split()
        if not words:
            self.space = self.space or bool(text)
            return
        if (self.space or text[0].isspace()) and self.line and self.line[-1][-1:] not in " \t":
            self.line.append(" ")
        self.line.append(" ".join(words))
        if self.link_text is not None:
            self.link_text.append(self.line[-1] + " ")
        self.space = text[-1].isspace()

    def _preformatted(self, text: str) -> None:
        first, *rest = text.split("\n")
        self.line.append(first)
        for line in rest:
            self._newline()
            self.line.append(line)
        self.space = False

    def _newline(self) -> None:
        prefix = "> " * min(self.quotes, 20)
        self.lines.append((prefix + "".join(self.line)).rstrip() if self.line or prefix else "")
        self.line = []
        self.space = False

    def _break(self, newlines: int) -> None:
        """End the line; for a paragraph leave one empty line."""
        if self.line:
            self._newline()
        if newlines > 1 and self.lines and self.lines[-1].strip("> "):
            self._newline()

    def text(self) -> str:
        if self.line:
            self._newline()
        return "\n".join(self.lines).strip("\n")


def _is_indent(attributes: str) -> bool:
    return _INDENT.search(attributes) is not None and _CITED.search(attributes) is None


def _bounded(tag: str, whole: str) -> str:
    limit = _MAX_PICTURE_TAG if tag == "img" else _MAX_TAG
    if len(whole) > limit or (whole.count("=") > _MAX_ATTRIBUTES and tag != "img"):
        return f"<{tag}>"
    if whole.count(" ") + whole.count("\n") > 10 * _MAX_ATTRIBUTES or "<" in whole[1:]:
        return f"<{tag}>"
    return whole if whole.endswith(">") else whole + ">"
