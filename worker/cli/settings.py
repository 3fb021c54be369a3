"""Finds the configuration that a verb works by. Imported late: it brings pydantic with it."""

import os
from pathlib import Path

import typer

from worker import config_file
from worker.config import Config

DEFAULT = Path("config.yaml")


def path(ctx: typer.Context) -> Path:
    """Tell which configuration is meant: --config, else POSTCLERK_CONFIG, else config.yaml."""
    named = ctx.find_root().params.get("config") or os.environ.get("POSTCLERK_CONFIG")
    return Path(named) if named else DEFAULT


def load(ctx: typer.Context) -> Config:
    """Read the configuration, or raise ConfigError."""
    return config_file.load(path(ctx), environ=os.environ)


def load_if_there(ctx: typer.Context) -> Config | None:
    """Read the configuration; None where there is no config.yaml and no other was named."""
    where = path(ctx)
    return None if where == DEFAULT and not where.exists() else load(ctx)
