"""Opens desks for mail from files: a throw-away one to simulate, the real one to import."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from worker import keys
from worker.adapters.mail_files import read
from worker.config import (
    Blobs,
    Config,
    Database,
    Keys,
    LanguageModel,
    Lookup,
    Mailbox,
    Smtp,
)
from worker.config import Desk as DeskConfig
from worker.daemon import wiring
from worker.errors import ConfigError
from worker.pipeline.import_mail import import_mails
from worker.pipeline.simulate import play
from worker.store.session import sole_worker


def simulate(paths: Sequence[Path], config: Config | None) -> Iterator[dict[str, object]]:
    """Play the mails under `paths` in order of date; nothing is sent, nothing is kept."""
    config = config or plain_config()
    if not config.mailboxes:
        config = config.model_copy(update={"mailboxes": plain_config().mailboxes})
    mails = list(read(paths, to=config.mailboxes[0].address))
    with tempfile.TemporaryDirectory(prefix="postclerk-simulate-") as name:
        desk_config = _throw_away(config, Path(name))
        clock = [datetime(2026, 1, 1, tzinfo=UTC)]
        with closing(wiring.open_desk(desk_config)) as opened:
            desk = replace(opened, now=lambda: clock[0])
            children = wiring.make_children(desk_config)
            try:
                yield from play(
                    desk,
                    children,
                    wiring.open_templates(desk_config),
                    mails,
                    set_clock=lambda moment: clock.__setitem__(0, moment),
                )
            finally:
                children.close()


def import_paths(
    config: Config, paths: Sequence[Path], *, mailbox: str | None, answer: bool
) -> Iterator[dict[str, object]]:
    """Take the mails under `paths` into the desk; one row each.

    mailbox: the name of a configured one; None means the first.
    """
    names = [known.name for known in config.mailboxes]
    if not names:
        raise ConfigError("The configuration names no mailbox to import into.")
    if mailbox is not None and mailbox not in names:
        raise ConfigError(f"No mailbox is called {mailbox!r}; there are: {', '.join(names)}.")
    target = mailbox or names[0]
    address = next(known.address for known in config.mailboxes if known.name == target)
    mails = list(read(paths, to=address))
    with closing(wiring.open_desk(config)) as desk, sole_worker(desk.database, patience=0.0):
        children = wiring.make_children(config)
        try:
            yield from import_mails(desk, children, mails, mailbox=target, answer=answer)
        finally:
            children.close()


def _throw_away(config: Config, folder: Path) -> Config:
    keys.create(folder / "key")
    return config.model_copy(
        update={
            "database": Database(url=f"sqlite:///{folder / 'simulate.db'}"),
            "blobs": Blobs(folder=folder / "blobs"),
            "keys": Keys(file=folder / "key"),
            # A rehearsal asks nobody outside: nothing of these mails leaves.
            "urgency": config.urgency.model_copy(update={"lookup": Lookup()}),
            "language_model": LanguageModel(),
        }
    )


def plain_config() -> Config:
    """The configuration of a desk of which nothing is known."""
    return Config(
        desk=DeskConfig(domain="desk.invalid"),
        smtp=Smtp(host="127.0.0.1", tls="insecure-plaintext"),
        mailboxes=(
            Mailbox(
                name="support",
                address="support@desk.invalid",
                host="127.0.0.1",
                tls="insecure-plaintext",
                username="support",
                password=SecretStr("none"),
            ),
        ),
    )
