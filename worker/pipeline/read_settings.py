"""Says how mails are read under a configuration: whom to believe, and where to stop."""

from pathlib import Path
from zoneinfo import ZoneInfo

from worker import log
from worker.adapters.model_shelf import ModelShelf
from worker.config import Config
from worker.errors import Permanent
from worker.mail.settings import ParseSettings
from worker.pipeline.read import ReadSettings
from worker.rules.model_file import load_model


def read_settings(config: Config) -> ReadSettings:
    """Say how mails are read under this configuration.

    Our own addresses are left out: whether mail from one of them is ours, or forged, is for the
    screening to say, which knows what the sender proved.
    """
    return ReadSettings(
        parse=ParseSettings(
            trusted_authserv_ids=config.desk.trusted_authserv_ids,
            trust_spam_headers=config.desk.trust_spam_headers,
            max_size_bytes=config.limits.message,
        ),
        rules=config.rules,
        zone=ZoneInfo(config.desk.time_zone) if config.desk.time_zone else None,
        shown_characters=config.language_model.characters if config.language_model.url else 0,
        model=_live(config),
    )


def _live(config: Config) -> Path | None:
    """The desk's own model; one that cannot be used gives way to that of the rules."""
    try:
        path = ModelShelf(config.models).live()
        if path is not None:
            load_model(path)  # here, for in a reading process it would fail every mail
    except (OSError, Permanent, ValueError) as error:
        log.warning("model.unusable", reason=str(error))
        return None
    return path
