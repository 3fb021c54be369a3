"""Models of a desk: kept with numbers, live only when told, and one step back at a time."""

from pathlib import Path

import pytest

from worker.adapters.model_shelf import ModelShelf
from worker.errors import Permanent
from worker.rules import model_file

MODEL = (Path(model_file.__file__).parent / model_file.NAME).read_bytes()


@pytest.fixture
def shelf(tmp_path: Path) -> ModelShelf:
    return ModelShelf(tmp_path / "models")


def test_empty_shelf_has_no_live_model(shelf: ModelShelf) -> None:
    assert (shelf.names(), shelf.live()) == ([], None)


def test_kept_model_is_not_live(shelf: ModelShelf) -> None:
    assert shelf.keep(b"one") == "model-0001.json.gz"
    assert shelf.keep(b"two") == "model-0002.json.gz"
    assert shelf.live() is None


def test_published_model_is_live_for_every_reader(shelf: ModelShelf, tmp_path: Path) -> None:
    name = shelf.keep(MODEL)
    shelf.publish(name)
    live = ModelShelf(tmp_path / "models").live()
    assert live is not None
    assert live.read_bytes() == MODEL


def test_rollback_goes_back_one_step_at_a_time(shelf: ModelShelf) -> None:
    first, second = shelf.keep(MODEL), shelf.keep(MODEL)
    shelf.publish(first)
    shelf.publish(second)
    assert shelf.roll_back() == first
    assert shelf.roll_back() is None
    assert shelf.live() is None


def test_nothing_is_before_the_model_of_the_rules(shelf: ModelShelf) -> None:
    with pytest.raises(Permanent, match="nothing is before it"):
        shelf.roll_back()


def test_unknown_model_is_refused_and_the_known_ones_named(shelf: ModelShelf) -> None:
    shelf.keep(b"one")
    with pytest.raises(Permanent, match="model-0001"):
        shelf.publish("model-0009.json.gz")


def test_spoilt_list_of_models_is_told(shelf: ModelShelf, tmp_path: Path) -> None:
    shelf.keep(b"one")
    (tmp_path / "models" / "live.json").write_text("{", "utf-8")
    with pytest.raises(Permanent, match="cannot be read"):
        shelf.live()


def test_what_is_no_model_is_not_published(shelf: ModelShelf) -> None:
    name = shelf.keep(b"junk")
    with pytest.raises(ValueError, match="is no model"):
        shelf.publish(name)
    assert shelf.live() is None


def test_live_model_that_is_gone_is_told(shelf: ModelShelf, tmp_path: Path) -> None:
    name = shelf.keep(MODEL)
    shelf.publish(name)
    (tmp_path / "models" / name).unlink()
    with pytest.raises(Permanent, match="no model"):
        shelf.live()


@pytest.mark.parametrize("told", ['["../../etc/passwd"]', "[null]", "[1]", "{}", "[" * 9000])
def test_list_that_names_no_models_is_told(
    shelf: ModelShelf, tmp_path: Path, told: str
) -> None:
    shelf.keep(MODEL)
    (tmp_path / "models" / "live.json").write_text(told, "utf-8")
    with pytest.raises(Permanent):
        shelf.live()
