"""Mail from files: a simulation keeps and sends nothing, an import is silent unless told."""

import json
import mailbox
from pathlib import Path

import pytest

from tests.servers.chat_endpoint import chat_endpoint
from worker import keys
from worker.config import (
    Blobs,
    Circumstances,
    Config,
    Database,
    Keys,
    LanguageModel,
    Lookup,
    Tier,
)
from worker.daemon.rehearsal import import_paths, plain_config, simulate
from worker.domain.judgement import Urgency
from worker.errors import ConfigError

MAIL = b"""From: Li Wei <li.wei@mail.example>
To: support@desk.invalid
Subject: Withdrawal stuck
Message-ID: <one@mail.example>
Date: Mon, 02 Mar 2026 10:00:00 +0000

My withdrawal has been pending since yesterday. UID 12345678.
"""
REPLY = b"""From: Li Wei <li.wei@mail.example>
To: support@desk.invalid
Subject: Re: Withdrawal stuck
Message-ID: <two@mail.example>
In-Reply-To: <one@mail.example>
Date: Mon, 02 Mar 2026 12:00:00 +0000

Any news?
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    keys.create(tmp_path / "key")
    return plain_config().model_copy(
        update={
            "database": Database(url=f"sqlite:///{tmp_path / 'desk.db'}"),
            "blobs": Blobs(folder=tmp_path / "blobs"),
            "keys": Keys(file=tmp_path / "key"),
        }
    )


def test_simulation_tells_every_decision_in_order_of_date(tmp_path: Path) -> None:
    (tmp_path / "b.eml").write_bytes(MAIL)
    (tmp_path / "a.eml").write_bytes(REPLY)
    rows = list(simulate([tmp_path], None))
    assert [(row["file"], row["outcome"]) for row in rows] == [
        ("b.eml", "opened"),
        ("a.eml", "followed_up"),
    ]
    answer = rows[0]["answer"]
    assert isinstance(answer, dict)
    assert answer["template"] == "received"
    assert str(rows[0]["ticket"]) in str(answer["subject"])
    assert rows[1]["ticket"] == rows[0]["ticket"]
    assert rows[1]["evidence"] == ["participants_mail one@mail.example"]


def test_lines_are_played_as_mails_and_repeats_name_the_earlier_one(tmp_path: Path) -> None:
    text = "My USDT deposit has not arrived for six hours, please look into it."
    first = {"id": "x1", "from": "chen.yu@mail.example", "subject": "Deposit", "body": text}
    rows = [
        {**first, "sent": "2026-03-02T10:00:00Z"},
        {**first, "id": "x2", "sent": "2026-03-02T15:00:00+08:00"},
        {**first, "id": "x3", "from": "ana@other.example", "sent": "2026-03-02T12:00:00Z"},
    ]
    source = tmp_path / "mails.jsonl"
    source.write_text("\n".join(json.dumps(row) for row in rows))
    played = {row["id"]: row for row in simulate([source], None)}
    assert played["x2"]["outcome"] == "opened"
    assert (played["x1"]["outcome"], played["x1"]["duplicate_of"]) == ("merged", "x2")
    assert (played["x3"]["outcome"], played["x3"]["duplicate_of"]) == ("opened", None)


def test_a_line_that_is_no_mail_is_named(tmp_path: Path) -> None:
    source = tmp_path / "mails.jsonl"
    source.write_text('{"id": "1", "body": "ok"}\n[1]\n')
    with pytest.raises(ConfigError, match=r"mails\.jsonl:2: not a mail as JSON"):
        list(simulate([source], None))


def test_import_is_silent_unless_told_to_answer(tmp_path: Path, config: Config) -> None:
    (tmp_path / "one.eml").write_bytes(MAIL)
    silent = list(import_paths(config, [tmp_path / "one.eml"], mailbox=None, answer=False))
    assert [(r["outcome"], r["answer"], r["silence"]) for r in silent] == [
        ("opened", None, "old_mail")
    ]
    (tmp_path / "two.eml").write_bytes(MAIL.replace(b"one@", b"three@").replace(b"Li", b"Ana"))
    told = list(import_paths(config, [tmp_path / "two.eml"], mailbox="support", answer=True))
    assert told[0]["answer"] in ("received", "duplicate")


def test_the_same_mail_imported_twice_is_a_copy(tmp_path: Path, config: Config) -> None:
    box = mailbox.mbox(tmp_path / "old.mbox")
    box.add(mailbox.mboxMessage(MAIL))
    box.add(mailbox.mboxMessage(REPLY))
    box.close()
    first = list(import_paths(config, [tmp_path / "old.mbox"], mailbox=None, answer=False))
    again = list(import_paths(config, [tmp_path / "old.mbox"], mailbox=None, answer=False))
    assert [row["outcome"] for row in first] == ["opened", "followed_up"]
    assert [row["outcome"] for row in again] == ["copy", "copy"]


def test_an_unknown_mailbox_is_refused_with_the_known_names(
    tmp_path: Path, config: Config
) -> None:
    with pytest.raises(ConfigError, match=r"No mailbox is called 'suport'; there are: support"):
        list(import_paths(config, [tmp_path], mailbox="suport", answer=False))


def test_rehearsal_asks_nobody_outside(tmp_path: Path) -> None:
    (tmp_path / "one.eml").write_bytes(MAIL)
    called = tmp_path / "called"
    with chat_endpoint() as endpoint:
        config = plain_config().model_copy(
            update={
                "urgency": Circumstances(lookup=Lookup(command=("touch", str(called)))),
                "language_model": LanguageModel(url=endpoint.url, model="m"),
            }
        )
        assert len(list(simulate([tmp_path / "one.eml"], config))) == 1
    assert endpoint.asked == []
    assert not called.exists()


def test_rehearsal_weighs_what_needs_nobody(tmp_path: Path) -> None:
    (tmp_path / "one.eml").write_bytes(
        b"Authentication-Results: mx.desk.invalid; dmarc=pass header.from=mail.example\n" + MAIL
    )
    plain = plain_config()
    config = plain.model_copy(
        update={
            "desk": plain.desk.model_copy(
                update={"trusted_authserv_ids": ("mx.desk.invalid",)}
            ),
            "urgency": Circumstances(
                tiers=(Tier(name="vip", members=("@mail.example",), raises_to="critical"),)
            ),
        }
    )
    (before,) = simulate([tmp_path / "one.eml"], plain)
    (after,) = simulate([tmp_path / "one.eml"], config)
    ranks = [Urgency(str(row["urgency"])).rank for row in (before, after)]
    assert ranks[1] - ranks[0] == 1
