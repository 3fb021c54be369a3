"""Opens the reply templates. Imported late: it brings jinja2 with it."""

import typer

from worker.adapters.render import Templates
from worker.cli import settings
from worker.config import Config


def templates(ctx: typer.Context) -> Templates:
    """Open the configured templates; the shipped ones where there is no configuration."""
    config = settings.load_if_there(ctx)
    return Templates(None) if config is None else of(config)


def of(config: Config) -> Templates:
    """Open the templates of a configuration."""
    return Templates(
        config.templates,
        default_language=config.desk.language,
        link_hosts=(config.desk.domain,),
    )
