import numpy as np
import pytest
from matplotlib.colors import to_hex

from spinlens.errors import InputError
from spinlens.figures.classify import draw_microstates, ground_and_hot, microstates
from spinlens.images import render
from spinlens.lattices import Lattice
from spinlens.models import Ising

TORUS = ("periodic", "periodic")


def test_one_image_of_each_region_from_its_middle(images):
    row = microstates(images, title="Periodic", rules=TORUS)
    assert [image.title for image in row.images] == ["far sub-critical", "sub-critical", "critical", "super-critical"]
    for label, (image, middle) in enumerate(zip(row.images, (0.5275, 1.587, 2.2195, 3.16), strict=True)):
        temperature = images.temperature[images.labels == label]
        assert abs(image.temperature - middle) == np.abs(temperature - middle).min()
    cold = microstates(images[images.labels == 0], title="Periodic", rules=TORUS)
    assert len(cold.images) == 1


def test_spins_are_drawn_in_the_colours_of_the_pictures(images):
    row = microstates(images, title="Periodic", rules=TORUS)
    figure = draw_microstates([row])
    for ax, image in zip(figure.axes, row.images, strict=True):
        picture = ax.images[0]
        drawn = picture.cmap(picture.norm(picture.get_array()))[..., :3]
        np.testing.assert_allclose(255 * drawn, np.asarray(render(image.spins, scale=1).convert("RGB")))
        assert f"{image.temperature:.2f}" in ax.get_xlabel()


@pytest.mark.parametrize(("system", "walls"), [("periodic", 0), ("antiperiodic", 0), ("skewed", 2)])
def test_held_spins_stand_beyond_the_edges_that_they_hold(images, system, walls):
    ax = draw_microstates([microstates(images, title="", rules=Lattice((8, 8), boundary=system).rules)]).axes[0]
    assert len(ax.patches) == walls
    if walls:
        top, bottom = sorted(ax.patches, key=lambda bar: -bar.get_y())
        assert top.get_y() > 1
        assert bottom.get_y() + bottom.get_height() < 0
        up, down = (to_hex(tuple(part / 255 for part in colour)) for colour in ((0, 114, 178), (240, 228, 66)))
        assert (to_hex(top.get_facecolor()), to_hex(bottom.get_facecolor())) == (up, down)


def test_ground_states(images):
    ferromagnet, antiferromagnet = (
        ground_and_hot(images, title="", model=Ising(coupling), lattice=Lattice((8, 8))) for coupling in (1.0, -1.0)
    )
    assert abs(ferromagnet.images[0].spins.sum()) == 64
    board = antiferromagnet.images[0].spins
    np.testing.assert_array_equal(board[1:], -board[:-1])
    np.testing.assert_array_equal(board[:, 1:], -board[:, :-1])
    assert ferromagnet.images[1].temperature == images.temperature.max()
    figure = draw_microstates([ferromagnet, antiferromagnet])
    assert figure.axes[0].get_xlabel().endswith("= 0")
    with pytest.raises(InputError, match="ground states"):
        ground_and_hot(images, title="", model=Ising(), lattice=Lattice((8, 8), boundary="antiperiodic"))


def test_nothing_to_draw():
    with pytest.raises(InputError, match="rows = 0"):
        draw_microstates([])
