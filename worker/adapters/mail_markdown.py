"""Makes text/plain and text/html from one Markdown source whose slots are filled in last.

Markdown is read once for each source; a slot is one private character in it. What fills a slot
was therefore never Markdown, is escaped for HTML, and stays as it is in the text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode
from markupsafe import escape

from worker.adapters.template_syntax import FIRST_SLOT, LAST_SLOT

_SLOT = re.compile(f"([{chr(FIRST_SLOT)}-{chr(LAST_SLOT)}])")
# Between these a line break in the source is no blank: Chinese, Japanese, full-width marks.
_WIDE = re.compile("[\u2e80-\u312f\u3190-\ua4cf\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef]")
_RULE = "-" * 20


class BadLink(Exception):
    """A link whose target is a fact."""


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A text with gaps: pieces[0], slot gaps[0], pieces[1] and so on."""

    pieces: tuple[str, ...]
    gaps: tuple[int, ...]

    def fill(self, texts: Sequence[str]) -> str:
        """Put the texts into the gaps."""
        filled = list(self.pieces)
        for place, gap in enumerate(self.gaps):
            filled[place] += texts[gap]
        return "".join(filled)


@dataclass(frozen=True, slots=True)
class Page:
    """One Markdown source, read."""

    text: Skeleton
    html: Skeleton
    links: tuple[str, ...]
    """Targets of the links in it."""

    def fill(self, texts: Sequence[str]) -> tuple[str, str]:
        """Return text and HTML with the texts in their slots."""
        return self.text.fill(texts), self.html.fill([str(escape(text)) for text in texts])


def skeleton(source: str) -> Skeleton:
    """Split at the slots."""
    parts = _SLOT.split(source)
    return Skeleton(tuple(parts[::2]), tuple(ord(slot) - FIRST_SLOT for slot in parts[1::2]))


def read(source: str) -> Page:
    """Read a Markdown source with slots; raises BadLink."""
    tokens = _MARKDOWN.parse(source.strip())
    links = []
    for token in tokens:
        if token.children:
            token.children = list(_join_lines(token.children))
            links += [
                str(child.attrs["href"])
                for child in token.children
                if child.type == "link_open"
            ]
    if any(_SLOT.search(link) for link in links):
        raise BadLink("the target of a link must be written out, it cannot be a fact")
    text = "\n".join(_lines(SyntaxTreeNode(tokens).children))
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return Page(skeleton(text), skeleton(html.strip()), tuple(links))


def _markdown() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "linkify": False})
    # Pictures would tell the sender's server when a mail is read.
    made.disable(["image", "html_inline", "html_block"])
    made.normalizeLink = lambda url: url  # type: ignore[method-assign]
    made.validateLink = _may_link  # type: ignore[method-assign]
    return made


def _may_link(url: str) -> bool:
    """Any other target stays plain text; `read` refuses one with a slot."""
    return url.startswith(("https://", "mailto:")) or bool(_SLOT.search(url))


_MARKDOWN = _markdown()


def _join_lines(children: list[Token]) -> Iterator[Token]:
    """Turn the source's line breaks into blanks, or into nothing between Chinese characters."""
    for place, token in enumerate(children):
        if token.type == "softbreak":
            before = children[place - 1].content[-1:] if place else ""
            after = children[place + 1].content[:1] if place + 1 < len(children) else ""
            is_wide = _WIDE.match(before) or _WIDE.match(after)
            yield Token("text", "", 0, content="" if is_wide else " ")
        else:
            yield token


def _lines(nodes: Sequence[SyntaxTreeNode]) -> list[str]:
    """Write blocks as lines of plain text, an empty line between them unless they are tight."""
    is_tight = any(node.type == "paragraph" and node.hidden for node in nodes)
    lines: list[str] = []
    for node in nodes:
        lines += [""] if lines and not is_tight else []
        lines += _block(node)
    return lines


def _block(node: SyntaxTreeNode) -> list[str]:
    match node.type:
        case "bullet_list" | "ordered_list":
            return _list(node)
        case "blockquote":
            return [f"> {line}".rstrip() for line in _lines(node.children)]
        case "fence" | "code_block":
            return node.content.rstrip("\n").split("\n")
        case "hr":
            return [_RULE]
        case _:  # paragraph, heading
            return [line for child in node.children for line in _inline(child).split("\n")]


def _list(node: SyntaxTreeNode) -> list[str]:
    is_tight = any(child.hidden for item in node.children for child in item.children)
    start = int(node.attrs.get("start", 1))
    lines: list[str] = []
    for number, item in enumerate(node.children, start=start):
        marker = "- " if node.type == "bullet_list" else f"{number}. "
        lines += [""] if lines and not is_tight else []
        for place, line in enumerate(_lines(item.children) or [""]):
            lines.append(((" " * len(marker) if place else marker) + line).rstrip())
    return lines


def _inline(node: SyntaxTreeNode) -> str:
    parts: list[str] = []
    links: list[tuple[str, int]] = []
    for token in (node.token and node.token.children) or []:
        match token.type:
            case "text" | "code_inline":
                parts.append(token.content)
            case "hardbreak":
                parts.append("\n")
            case "link_open":
                links.append((str(token.attrs["href"]), len(parts)))
            case "link_close":
                target, start = links.pop()
                target = target.removeprefix("mailto:")
                if "".join(parts[start:]) != target:
                    parts.append(f" ({target})")
            case _:  # emphasis leaves no mark
                pass
    return "".join(parts)
