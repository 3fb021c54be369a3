import base64
import stat
from pathlib import Path

import pytest

from tests.builders import a_mail
from worker import keys
from worker.adapters.blobs import FolderBlobs
from worker.errors import ConfigError, Permanent, Temporary

MAIL = a_mail()
ONE = "k1:" + base64.b64encode(bytes(range(32))).decode()
TWO = "k2:" + base64.b64encode(bytes(range(1, 33))).decode()


def blobs_in(folder: Path, *lines: str) -> FolderBlobs:
    found = FolderBlobs(folder, keys.parse("\n".join(lines or (ONE,)), source="test"))
    found.prepare()
    return found


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_raw_mail_comes_back_byte_for_byte_from_another_process(tmp_path: Path) -> None:
    mails = [MAIL, b"", b"\r\n", bytes(range(256)) * 500]
    stored = blobs_in(tmp_path).put(mails)
    assert [blobs_in(tmp_path).get(key) for key in stored] == mails


def test_same_mail_is_stored_once_and_has_one_key(tmp_path: Path) -> None:
    blobs = blobs_in(tmp_path)
    one, other, again = blobs.put([MAIL, b"another", MAIL])
    assert one == again != other
    assert len(files(tmp_path)) == 2
    assert blobs_in(tmp_path).put([MAIL]) == [one]


def test_neither_names_nor_files_tell_what_is_in_them(tmp_path: Path) -> None:
    import hashlib

    (key,) = blobs_in(tmp_path).put([MAIL])
    (file,) = files(tmp_path)
    assert hashlib.sha256(MAIL).hexdigest() != key
    assert b"deposit" not in file.read_bytes()


def test_files_are_their_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "blobs"
    blobs_in(folder).put([MAIL])
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert all(stat.S_IMODE(p.stat().st_mode) == 0o700 for p in folder.iterdir())


def test_repeating_text_is_stored_small(tmp_path: Path) -> None:
    blobs_in(tmp_path).put([b"the same line again\r\n" * 10_000])
    assert files(tmp_path)[0].stat().st_size < 2000


def test_rotated_key_still_opens_and_still_finds_old_blobs(tmp_path: Path) -> None:
    (old,) = blobs_in(tmp_path, ONE).put([MAIL])
    rotated = blobs_in(tmp_path, TWO, ONE)
    assert rotated.get(old) == MAIL
    assert rotated.put([MAIL]) == [old]
    assert len(files(tmp_path)) == 1


def test_lost_key_is_named(tmp_path: Path) -> None:
    (key,) = blobs_in(tmp_path, ONE).put([MAIL])
    with pytest.raises(Permanent, match="'k1', which the key file lacks"):
        blobs_in(tmp_path, TWO).get(key)


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda blob: b"", id="empty"),
        pytest.param(lambda blob: blob[:40], id="cut"),
        pytest.param(lambda blob: b"XYZ" + blob[3:], id="other format"),
        pytest.param(lambda blob: blob[:-1] + bytes([blob[-1] ^ 1]), id="one bit"),
        pytest.param(lambda blob: blob[:6] + b"\0" + blob[7:], id="other nonce"),
    ],
)
def test_damaged_blob_is_told_apart_from_a_good_one(tmp_path: Path, harm: object) -> None:
    (key,) = blobs_in(tmp_path).put([MAIL])
    (file,) = files(tmp_path)
    file.write_bytes(harm(file.read_bytes()))  # type: ignore[operator]
    with pytest.raises(Permanent, match="damaged"):
        blobs_in(tmp_path).get(key)


def test_one_blob_in_anothers_place_is_found_out(tmp_path: Path) -> None:
    blobs = blobs_in(tmp_path)
    one, other = blobs.put([MAIL, b"another"])
    here, there = (tmp_path / key[0] / key[1:] for key in (one, other))
    here.write_bytes(there.read_bytes())
    with pytest.raises(Permanent, match="damaged"):
        blobs_in(tmp_path).get(one)


def test_missing_blob_is_named(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="is missing"):
        blobs_in(tmp_path).get("0" * 64)


@pytest.mark.parametrize("key", ["../../etc/passwd", "", "a" * 63, "/" * 64])
def test_only_keys_are_turned_into_paths(tmp_path: Path, key: str) -> None:
    with pytest.raises(Permanent, match="no blob key"):
        blobs_in(tmp_path).get(key)


def test_deleted_blob_is_gone_and_deleting_twice_is_fine(tmp_path: Path) -> None:
    blobs = blobs_in(tmp_path)
    (key,) = blobs.put([MAIL])
    blobs.delete(key)
    blobs.delete(key)
    assert files(tmp_path) == []
    with pytest.raises(Permanent, match="is missing"):
        blobs.get(key)


def test_unwritable_disk_is_temporary_and_leaves_no_half_file(tmp_path: Path) -> None:
    blobs = blobs_in(tmp_path)
    blocked = tmp_path / blobs._address(MAIL)[0]
    blocked.write_bytes(b"a file where the folder should be")
    with pytest.raises(Temporary, match="cannot be written"):
        blobs.put([MAIL])
    assert files(tmp_path) == [blocked]


def test_folder_that_cannot_be_made_is_refused_at_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigError, match="cannot be made"):
        blobs_in(tmp_path / "file" / "blobs")


def test_many_threads_may_store_the_same_mails(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    blobs = blobs_in(tmp_path)
    mails = [b"mail %d" % number for number in range(20)]
    with ThreadPoolExecutor(8) as threads:
        stored = list(threads.map(lambda _: blobs.put(mails), range(8)))
    assert all(keys_ == stored[0] for keys_ in stored)
    assert len(files(tmp_path)) == 20
