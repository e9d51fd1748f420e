"""Images are read without loss, and what are not spins is refused by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from spinlens.errors import InputError
from spinlens.images import find_images, read_images
from spinlens.images.files import encode_png

SPINS = np.random.default_rng(1).choice(np.array([-1, 1], dtype=np.int8), size=(5, 6, 9))


def grey(levels: np.ndarray) -> Image.Image:
    return Image.fromarray(levels.astype(np.uint8))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "b").mkdir()
    for k in range(3):
        (tmp_path / "b" / f"{k}.png").write_bytes(encode_png(SPINS[k] > 0))
    np.save(tmp_path / "c.npy", SPINS[3:])
    (tmp_path / "labels.csv").write_text("file\n")
    return tmp_path


def test_files_and_folders(folder: Path) -> None:
    np.testing.assert_array_equal(read_images(folder), SPINS)
    assert [file.name for file in find_images(folder)] == ["0.png", "1.png", "2.png", "c.npy"]
    files = [folder / "c.npy", str(folder / "b" / "1.png")]
    np.testing.assert_array_equal(read_images(files), SPINS[[3, 4, 1]])
    assert read_images(folder, shape=(6, 9)).dtype == np.int8


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_every_mode_of_black_and_white(tmp_path: Path, mode: str) -> None:
    grey(np.where(SPINS[0] > 0, 255, 0)).convert(mode).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_images(tmp_path / "a.png")[0], SPINS[0])


@pytest.mark.parametrize("level", [1, -1])
def test_ground_states_have_one_level(tmp_path: Path, level: int) -> None:
    (tmp_path / "a.png").write_bytes(encode_png(np.full((4, 4), level > 0)))
    assert np.all(read_images(tmp_path / "a.png") == level)


def refused(path: Path, match: str, **options: object) -> None:
    with pytest.raises(InputError, match=match) as caught:
        read_images(path, **options)  # type: ignore[arg-type]
    assert str(path) in str(caught.value)
    assert str(caught.value).count("\n") == 0


def test_flattened_configurations_need_their_sides(tmp_path: Path) -> None:
    file = tmp_path / "flat.npy"
    np.save(file, SPINS.reshape(5, 54))
    refused(file, "may be one configuration, or 5 flattened ones.*shape=.5, 54.")
    np.testing.assert_array_equal(read_images(file, shape=(6, 9)), SPINS)
    assert read_images(file, shape=(5, 54)).shape == (1, 5, 54)
    with pytest.raises(InputError, match="Arrays of spins need no reading"):
        read_images(SPINS)  # type: ignore[arg-type]


def test_another_size(folder: Path) -> None:
    refused(folder / "c.npy", "6 x 9: images of 9 x 6 spins", shape=(9, 6))
    np.save(folder / "d.npy", SPINS[:, :4])
    with pytest.raises(InputError, match=r"d\.npy = 4 x 9"):
        read_images(folder)


def test_grey_levels_that_are_not_spins(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    grey(np.arange(54).reshape(6, 9)).save(path)
    refused(path, "54 colours: spins are pixels of black and white")
    grey(np.where(SPINS[0] > 0, 200, 50)).save(path)
    refused(path, "2 colours")
    smooth = grey(np.where(SPINS[0] > 0, 255, 0)).resize((20, 20), Image.Resampling.BILINEAR)
    smooth.save(path)
    refused(path, "without smoothing")
    Image.fromarray(np.where(SPINS[0] > 0, 65535, 0).astype(np.uint16)).save(path)
    refused(path, "at most eight bits")
    see_through = grey(np.where(SPINS[0] > 0, 255, 0)).convert("RGBA")
    see_through.putalpha(128)
    see_through.save(path)
    refused(path, "colours")


def test_arrays_that_are_not_spins(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    for wrong, match in (
        ((SPINS + 1) // 2, r"2 \* n - 1"),
        (SPINS[0, 0], "must have 2 or 3 dimensions"),
        (SPINS * 1j, "1 or -1"),
        (np.zeros((0, 4, 4)), "at least 1"),
    ):
        np.save(path, wrong)
        refused(path, match)
    np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    refused(path, "cannot be read")


def with_header(text: str) -> bytes:
    """Return a NumPy file of 54 bytes that says something else of itself."""
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode() + SPINS[0].tobytes()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.npy", b"PK\x03\x04 no zip archive either"),
        ("a.npy", with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 10)}\n")),
        ("a.npy", with_header("{'descr': '|i1', 'fortran_order': False, 'shape': (" + "9" * 30 + ",)}\n")),
        ("a.npy", with_header("{[]: 1}\n")),
        ("a.npy", with_header("{'descr': \n")),
        ("a.npy", with_header("(" * 9000)),
        ("a.png", encode_png(SPINS[0] > 0).replace(b"\0\0\0\x09\0\0\0\x06", b"\0\1\0\0\0\1\0\0")),
    ],
    ids=["zip", "huge", "huger", "no key", "cut", "nested", "huge picture"],
)
def test_files_that_announce_something_else(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    refused(tmp_path / name, "cannot be read")


def test_an_archive_is_no_array(tmp_path: Path) -> None:
    with (tmp_path / "a.npy").open("wb") as file:
        np.savez(file, spins=SPINS)
    refused(tmp_path / "a.npy", "cannot be read")


def test_other_files(tmp_path: Path) -> None:
    refused(tmp_path / "none.png", "no such file")
    refused(tmp_path / "nothing", "no such file or folder")
    (tmp_path / "a.jpg").write_bytes(b"")
    refused(tmp_path / "a.jpg", "other formats may lose spins")
    for name in ("cut.png", "cut.npy"):
        (tmp_path / name).write_bytes(b"\x89PNG\r\n")
        refused(tmp_path / name, "cannot be read")
    whole = encode_png(SPINS[0] > 0)
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    refused(tmp_path / "cut.png", "cannot be read")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "holds no PNG")
    with pytest.raises(InputError, match="there are no images"):
        read_images([])
