"""Pictures show every spin, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import spinlens as sl
from spinlens.errors import InputError
from spinlens.images import read_images, render
from spinlens.images.render import DOWN, UP

SPINS = np.random.default_rng(0).choice(np.array([-1, 1], dtype=np.int8), size=(7, 12))


def test_up_is_blue_and_down_is_yellow() -> None:
    pixels = np.asarray(render(SPINS, scale=3).convert("RGB"))
    assert pixels.shape == (21, 36, 3)
    for k in range(3):
        np.testing.assert_array_equal(pixels[k::3, k::3], np.where(SPINS[..., None] > 0, UP, DOWN))
    assert UP[2] > UP[0]
    assert DOWN[0] > DOWN[2]


def test_rows_run_downwards() -> None:
    spins = -np.ones((4, 6), dtype=int)
    spins[0] = 1
    pixels = np.asarray(render(spins, scale=1).convert("RGB"))
    assert np.all(pixels[0] == UP)
    assert np.all(pixels[1:] == DOWN)


def test_colour_maps() -> None:
    pixels = np.asarray(render(SPINS, scale=1, colours="gray").convert("RGB"))
    np.testing.assert_array_equal(pixels, np.where(SPINS[..., None] > 0, 255, 0).repeat(3, axis=2))


@pytest.mark.parametrize("colours", ["published", "gray"])
def test_a_saved_picture_loses_nothing(tmp_path: Path, colours: str) -> None:
    file = tmp_path / "spins.png"
    sl.render(SPINS, scale=1, colours=colours).save(file)
    np.testing.assert_array_equal(read_images(file)[0], SPINS)
    with Image.open(file) as image:
        assert image.mode == "P"


@pytest.mark.parametrize(
    ("spins", "options", "what"),
    [
        (SPINS[0], {}, "spins.shape"),
        (SPINS[None], {}, "spins.shape"),
        ((SPINS + 1) // 2, {}, "spins"),
        (SPINS * 0.5, {}, "spins"),
        ([["up", "down"]], {}, "spins"),
        (SPINS, {"scale": 0}, "scale"),
        (SPINS, {"scale": 1.5}, "scale"),
        (SPINS, {"colours": "virids"}, "colours"),
    ],
)
def test_what_is_no_picture_of_spins_is_refused(spins: object, options: dict, what: str) -> None:
    with pytest.raises(InputError) as caught:
        render(spins, **options)
    assert caught.value.what == what


def test_colour_maps_are_guessed() -> None:
    with pytest.raises(InputError, match="Did you mean 'viridis'"):
        render(SPINS, colours="virids")
