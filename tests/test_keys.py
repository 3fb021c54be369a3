import base64
from pathlib import Path

import pytest

from worker import keys
from worker.errors import ConfigError

LINE = "k1:" + base64.b64encode(bytes(range(32))).decode()
OLD = "k0:" + base64.b64encode(bytes(32)).decode()


def test_new_key_file_is_its_owners_alone_and_reads_back(tmp_path: Path) -> None:
    file = tmp_path / "desk.key"
    keys.create(file)
    assert file.stat().st_mode & 0o777 == 0o600
    name, secret = keys.load(file).current("blobs")
    assert (name, len(secret)) == ("k1", 32)


def test_two_key_files_differ(tmp_path: Path) -> None:
    keys.create(tmp_path / "one")
    keys.create(tmp_path / "other")
    assert keys.load(tmp_path / "one") != keys.load(tmp_path / "other")


def test_key_file_is_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "desk.key"
    keys.create(file)
    before = file.read_bytes()
    with pytest.raises(ConfigError, match="exists already"):
        keys.create(file)
    assert file.read_bytes() == before


def test_missing_key_file_names_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="postclerk config init"):
        keys.load(tmp_path / "desk.key")


def test_key_file_in_a_missing_folder_is_a_plain_complaint(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be written"):
        keys.create(tmp_path / "nowhere" / "desk.key")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_key_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "desk.key"
    keys.create(file)
    file.chmod(mode)
    with pytest.raises(ConfigError, match="chmod 600"):
        keys.load(file)


def test_each_purpose_and_each_secret_has_a_key_of_its_own() -> None:
    found = keys.parse(f"{LINE}\n{OLD}\n", source="test")
    derived = {
        key for purpose in ("blobs", "message-id") for key in found.every(purpose).values()
    }
    assert len(derived) == 4


def test_first_line_is_in_use_and_the_others_stay_known() -> None:
    found = keys.parse(f"# in use since March\n{LINE}\n\n{OLD}\n", source="test")
    assert found.current("blobs")[0] == "k1"
    assert list(found.every("blobs")) == ["k1", "k0"]


def test_keys_of_a_purpose_never_change() -> None:
    derived = keys.derive(bytes(range(32)), "blobs")
    assert derived.hex() == ("5507d5d43459d240f90f73931c257497ca5f5c75108ebf6a1f70ce63e59da772")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("# nothing\n", id="comments only"),
        pytest.param("k1\n", id="no secret"),
        pytest.param("k1:AAAA\n", id="too short"),
        pytest.param("k1:!!!\n", id="no base64"),
        pytest.param(LINE.replace("k1", "") + "\n", id="no id"),
        pytest.param(LINE.replace("k1", "k" * 17) + "\n", id="id too long"),
        pytest.param(f"{LINE}\n{LINE}\n", id="twice the same id"),
    ],
)
def test_broken_key_file_is_named(text: str) -> None:
    with pytest.raises(ConfigError, match=r"desk\.key"):
        keys.parse(text, source="desk.key")


def test_keys_do_not_show_their_secrets() -> None:
    found = keys.parse(LINE, source="test")
    assert repr(found) == "Keys(k1)"
