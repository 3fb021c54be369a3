"""Draws the picture of the README from a real run: `make picture`."""

import io
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI

from worker.demo import desk, place, screen, summary

WIDTH = 100
SHOWN = (
    "li-withdrawal",
    "chen-theft",
    "zhou-seed",
    "li-resend",
    "carlos-login",
    "david-away",
    "grace-bounce",
    "emma-copy",
    "peter-forged",
    "huang-howto",
    "stranger-number",
    "wang-theft",
)
"""Mails of many sorts; the whole day would be too long for a picture."""
# rich's own frame would load a font from another site.
FRAME = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">
<style>
.{unique_id}-matrix {{ font-family: "Fira Code", Menlo, Consolas, monospace; \
font-size: {char_height}px; line-height: {line_height}px; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" \
clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""


def draw(target: Path) -> None:
    """Let a day pass, and draw some of its mails and its sum."""
    console = Console(width=WIDTH, record=True, file=io.StringIO(), force_terminal=True)
    quiet = Console(file=io.StringIO())
    with place.made(None) as home:
        day = desk.pass_day(home.path, 0.1, quiet, is_plain=True, is_over=lambda: False)
        console.print("$ make demo", highlight=False)
        for row in day.rows:
            if row.sample.key in SHOWN:
                console.print(screen.two_lines(row))
        console.print()
        summary.show(console, day.rows, plain=False)
    target.parent.mkdir(parents=True, exist_ok=True)
    drawn = console.export_svg(
        title="postclerk demo", theme=MONOKAI, code_format=FRAME, unique_id="demo"
    )
    target.write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
