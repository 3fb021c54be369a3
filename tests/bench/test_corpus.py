"""The mails of the bench are always the same, and are mails."""

from pathlib import Path

from bench import corpus
from worker.mail.parse import parse


def mails_in(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in sorted((folder / "new").iterdir())]


def test_same_number_and_seed_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        corpus.write(tmp_path / name, mails=30, seed=7)
    assert mails_in(tmp_path / "one") == mails_in(tmp_path / "other")


def test_another_seed_gives_other_mails(tmp_path: Path) -> None:
    for seed in (1, 2):
        corpus.write(tmp_path / str(seed), mails=5, seed=seed)
    assert mails_in(tmp_path / "1") != mails_in(tmp_path / "2")


def test_every_mail_is_read_without_defects(tmp_path: Path) -> None:
    corpus.write(tmp_path, mails=40, seed=3)
    read = [parse(raw) for raw in mails_in(tmp_path)]
    assert [message.defects for message in read] == [()] * 40
    assert all(message.message_id and message.author for message in read)
