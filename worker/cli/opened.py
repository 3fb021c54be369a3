"""Opens the desk for one verb. Imported late: it brings the database with it."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from worker import log
from worker.cli import settings
from worker.context import Desk
from worker.daemon import wiring


@contextmanager
def desk(ctx: typer.Context) -> Iterator[Desk]:
    """Open the configured desk, and close it whatever happens."""
    config = settings.load(ctx)
    log.configure(style=config.log.style, level=config.log.level)
    opened = wiring.open_desk(config)
    try:
        yield opened
    finally:
        opened.close()
