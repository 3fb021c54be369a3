"""`postclerk parse` and `postclerk classify` on real files, good and hostile."""

import json
from pathlib import Path
from typing import Any

from tests.cli.command import Done, postclerk, postclerk_process

CORPUS = Path(__file__).parents[1] / "corpus"
MAIL = """\
From: Li Wei <li.wei@example.com>
To: support@exchange.example
Subject: {subject}
Message-ID: <{name}@example.com>
Date: Fri, 20 Nov 2026 12:00:00 +0000
Content-Type: text/plain; charset=utf-8

{body}
"""


def write(folder: Path, name: str, *, subject: str = "Help", body: str = "Hello.") -> Path:
    path = folder / f"{name}.eml"
    path.write_text(MAIL.format(name=name, subject=subject, body=body), encoding="utf-8")
    return path


def rows(done: Done) -> list[dict[str, Any]]:
    assert "Traceback" not in done.err
    return [json.loads(line) for line in done.out.splitlines()]


def test_parse_prints_a_line_for_each_mail_in_order(tmp_path: Path) -> None:
    names = [f"mail-{number:03}" for number in range(150)]
    for name in names:
        write(tmp_path, name, subject=f"Case {name}")

    done = postclerk_process("parse", tmp_path, "--jsonl")

    found = rows(done)
    assert done.status == 0
    assert [row["file"] for row in found] == [f"{name}.eml" for name in names]
    assert found[7]["path"] == str(tmp_path / "mail-007.eml")
    assert found[7]["subject"] == "Case mail-007"
    assert found[7]["from_email"] == "li.wei@example.com"
    assert found[7]["date"] == "2026-11-20T12:00:00Z"


def test_parse_takes_files_and_folders_and_json_as_well(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    first, second = write(tmp_path, "zz"), write(inside, "aa")

    found = rows(postclerk("parse", "--json", first, inside))

    assert [row["path"] for row in found] == [str(first), str(second)]


def test_parse_shows_a_page_to_people(tmp_path: Path) -> None:
    path = write(tmp_path, "page", subject="Where is it?", body="My deposit\x1b[2J is missing.")

    done = postclerk("parse", path)

    assert "from:           Li Wei <li.wei@example.com>" in done.out
    assert "subject:        Where is it?" in done.out
    assert "  My deposit" in done.out
    assert "\x1b" not in done.out


def test_parse_tells_what_lies_in_an_attached_mail() -> None:
    done = postclerk("parse", CORPUS / "msg-attached-with-a-picture.eml")

    assert "attached mail:  2  li.wei@customer.example  提现没有到账" in done.out
    assert "  with:  2.2  截图.png  image/png  5008" in done.out


def test_parse_tells_who_signed() -> None:
    done = postclerk("parse", CORPUS / "smime-signature-that-holds.eml")

    assert "kind smime, state valid, signer li.wei@customer.example" in done.out


def test_attachment_of_an_attached_mail_is_extracted(tmp_path: Path) -> None:
    mail = CORPUS / "eml-attached-as-octet-stream.eml"

    assert postclerk("parse", mail, "--extract", "2.2").out == "1,2"
    missing = postclerk("parse", mail, "--extract", "9")
    assert missing.status == 1
    assert "the mail holds no attachment '9'" in missing.err
    assert postclerk("parse", tmp_path, "--extract", "2").status == 2


def test_mail_over_a_bound_gives_a_line_with_its_error_between_the_others(
    tmp_path: Path,
) -> None:
    write(tmp_path, "a")
    write(tmp_path, "b", body="x" * 3000)
    write(tmp_path, "c")
    (tmp_path / "config.yaml").write_text(
        "desk: {domain: desk.example}\nsmtp: {host: x}\nlimits: {message: 2000}\n"
    )

    done = postclerk("parse", tmp_path, "--jsonl", cwd=tmp_path)

    found = rows(done)
    assert done.status == 1
    assert [row["file"] for row in found] == ["a.eml", "b.eml", "c.eml"]
    assert ["error" in row for row in found] == [False, True, False]
    assert "limits.message" in found[1]["error"]


def test_file_that_cannot_be_read_gives_a_line_with_its_error(tmp_path: Path) -> None:
    write(tmp_path, "a")
    (tmp_path / "b.eml").symlink_to(tmp_path)

    found = rows(postclerk("parse", tmp_path, "--jsonl"))

    assert found[1]["error"] == "cannot be read: is a directory"


def test_folder_without_mail_is_a_matter_of_usage(tmp_path: Path) -> None:
    done = postclerk("parse", tmp_path)

    assert (done.status, done.out) == (2, "")
    assert "no .eml file in this folder" in done.err


def test_classify_judges_mail(tmp_path: Path) -> None:
    path = write(tmp_path, "fee", subject="Fees", body="How much is the fee of a withdrawal?")

    done = postclerk("classify", path, "--jsonl")

    (row,) = rows(done)
    assert done.status == 0
    assert row["file"] == "fee.eml"
    assert row["language"] == "en"
    assert row["urgency"] in ("low", "normal", "high", "critical")
    assert set(row["identifiers"]) == {
        *("uid", "txid", "order_id", "ticket_id", "address", "amount", "coin", "time"),
        *("instants", "mistyped_address"),
    }
    assert {"category", "score", "hits", "secrets", "redacted", "missing"} <= row.keys()


def test_classify_takes_lines_with_and_without_subject(tmp_path: Path) -> None:
    lines = [
        {"id": "one", "subject": "提现", "body": "我的提现一直没有到账，UID 88123456"},
        {"id": 2, "body": "How do I change my mail address?"},
    ]
    path = tmp_path / "told.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))

    done = postclerk("classify", path, "--jsonl")

    found = rows(done)
    assert done.status == 0
    assert [row["id"] for row in found] == ["one", 2]
    assert found[0]["language"] == "zh-Hans"
    assert found[0]["redacted"].startswith("提现\n")
    assert found[1]["redacted"] == "\nHow do I change my mail address?"


def test_classify_seals_secrets(tmp_path: Path) -> None:
    path = write(tmp_path, "told", body="My password is Blue#Kettle-42, please log in for me.")

    (row,) = rows(postclerk("classify", path, "--jsonl"))

    assert row["secrets"] == ["password"]
    assert "Kettle" not in json.dumps(row)


def test_classify_names_a_line_that_is_no_json(tmp_path: Path) -> None:
    path = tmp_path / "told.jsonl"
    path.write_text('{"id": "a", "body": "Hello"}\nnot json\n\n[1]\n')

    done = postclerk("classify", path, "--jsonl")

    found = rows(done)
    assert done.status == 1
    assert [row.get("line") for row in found] == [None, 2, 4]
    assert found[1]["error"] == "is no JSON object"


def test_classify_seals_a_secret_that_begins_in_the_subject(tmp_path: Path) -> None:
    path = tmp_path / "told.jsonl"
    line = {"id": "1", "subject": "my password is", "body": "Hunter2!x"}
    path.write_text(json.dumps(line), "utf-8")
    (row,) = rows(postclerk_process("classify", path, "--jsonl"))
    assert "Hunter2" not in row["redacted"]
    assert row["secrets"] == ["password"]
