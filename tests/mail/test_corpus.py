"""Every mail of tests/corpus is read as the file beside it says.

Keys of NAME.expected.json are those of `postclerk parse`; only the keys given are compared.
Besides: `text_has`, `text_lacks`, `reply_has`, `reply_lacks`, `html_lacks` (lists of strings),
`files` (list of [file name, content type, size]), `mails` (of `attached_mails`, the same way),
`defects_has`, and `settings` for parse.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from worker.mail.describe import as_json
from worker.mail.extract import attachment_bytes
from worker.mail.parse import ParseSettings, parse

CORPUS = Path(__file__).parent.parent / "corpus"
MAILS = sorted(CORPUS.glob("*.eml"))

_STRINGS = {
    "text_has": ("body_text", True),
    "text_lacks": ("body_text", False),
    "reply_has": ("reply_text", True),
    "reply_lacks": ("reply_text", False),
    "html_has": ("html", True),
    "html_lacks": ("html", False),
    "defects_has": ("defects", True),
}


def _settings(given: dict[str, list[str]]) -> ParseSettings:
    return ParseSettings(
        trusted_authserv_ids=tuple(given.get("trusted_authserv_ids", ())),
        own_addresses=tuple(given.get("own_addresses", ())),
    )


@pytest.mark.parametrize("mail", MAILS, ids=lambda path: path.stem)
def test_mail_is_read_as_expected(mail: Path) -> None:
    expected = json.loads(mail.with_suffix(".expected.json").read_text("utf-8"))
    settings = _settings(expected.pop("settings", {}))
    message = parse(mail.read_bytes(), settings=settings)
    line = as_json(message, file=mail.name, path=str(mail), language="und")
    for name, wanted in expected.items():
        if name in _STRINGS:
            field, is_there = _STRINGS[name]
            found = line[field]
            text = "\n".join(found) if isinstance(found, list) else str(found)
            for string in wanted:
                assert (string in text) is is_there, (name, string, text)
        elif name == "files":
            files = [[a.filename, a.content_type, a.size_bytes] for a in message.attachments]
            assert files == wanted
        elif name == "mails":
            assert [_chosen(mail, keys) for mail, keys in _paired(line, wanted)] == wanted
        else:
            assert line[name] == wanted, name


def _paired(line: dict[str, Any], wanted: list[Any]) -> list[tuple[Any, Any]]:
    found = line["attached_mails"]
    assert len(found) == len(wanted)
    return list(zip(found, wanted, strict=True))


def _chosen(mail: dict[str, Any], keys: dict[str, Any]) -> dict[str, Any]:
    """Of an attached mail what the expectation names; sizes that it leaves open are open."""
    files = [
        [one["filename"], one["content_type"], one["size"] if row[2] is not None else None]
        for one, row in zip(mail["attachments"], keys.get("files", []), strict=True)
    ]
    return {key: files if key == "files" else mail[key] for key in keys}


@pytest.mark.parametrize("mail", MAILS, ids=lambda path: path.stem)
def test_every_attachment_can_be_extracted(mail: Path) -> None:
    raw = mail.read_bytes()
    message = parse(raw)
    inner = [one for mail in message.attached_mails for one in mail.attachments]
    for attachment in (*message.attachments, *inner):
        assert len(attachment_bytes(raw, attachment.part)) == attachment.size_bytes


def test_every_mail_has_its_expectation() -> None:
    stems = {path.stem for path in MAILS}
    assert stems == {path.name.removesuffix(".expected.json") for path in CORPUS.glob("*.json")}
