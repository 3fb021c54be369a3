"""Says how mails are read under a configuration: whom to believe, and where to stop."""

from worker.config import Config
from worker.mail.settings import ParseSettings
from worker.pipeline.read import ReadSettings


def read_settings(config: Config) -> ReadSettings:
    """Say how mails are read under this configuration."""
    addresses = (mailbox.address for mailbox in config.mailboxes)
    return ReadSettings(
        parse=ParseSettings(
            trusted_authserv_ids=config.desk.trusted_authserv_ids,
            own_addresses=(*addresses, *config.desk.own_addresses),
            max_size_bytes=config.limits.message,
        ),
        rules=config.rules,
    )
