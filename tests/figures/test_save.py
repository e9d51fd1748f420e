import subprocess
import sys

import matplotlib as mpl
import pytest

from spinlens.figures import draw_energy, save_figure, save_figures

NAMES = {
    *("nu_0", "magnetization", "tau_0", "energy", "tau_1", "specific_heat"),
    *("spin_error", "absolute_spin_error", "kl_divergence", "overview"),
}


def test_all_figures_appear_as_png_and_svg(maps, crossover, reconstruction, tmp_path):
    written = save_figures(
        tmp_path / "figures", maps=maps, crossover=crossover, reconstruction=reconstruction, progress=False
    )
    assert {path.name for path in written} == {f"{name}.{end}" for name in NAMES for end in ("png", "svg")}
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {path.name for path in written}
    for path in written:
        start = path.read_bytes()[:200]
        assert start.startswith(b"\x89PNG") or b"<?xml" in start


def test_the_same_data_give_the_same_bytes_whatever_the_user_has_set(maps, tmp_path):
    one = save_figure(draw_energy(maps), tmp_path / "one")
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "red", "image.cmap": "jet", "svg.hashsalt": "x"}):
        two = save_figure(draw_energy(maps), tmp_path / "two")
        assert mpl.rcParams["font.size"] == 30
    for first, second in zip(one, two, strict=True):
        assert first.read_bytes() == second.read_bytes()
    assert b"dc:date" not in one[1].read_bytes()


def test_other_data_give_other_bytes(maps, tmp_path):
    one = save_figure(draw_energy(maps), tmp_path / "one")
    two = save_figure(draw_energy(maps.assign(energy=2 * maps["energy"])), tmp_path / "two")
    assert all(first.read_bytes() != second.read_bytes() for first, second in zip(one, two, strict=True))


def test_a_failed_write_leaves_the_old_file(maps, tmp_path, monkeypatch):
    path, _ = save_figure(draw_energy(maps), tmp_path / "energy")
    before = path.read_bytes()
    drawing = draw_energy(maps)

    def fail(file, **kwargs):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(drawing.figure, "savefig", fail)
    with pytest.raises(OSError, match="disk full"):
        save_figure(drawing, tmp_path / "energy")
    assert path.read_bytes() == before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["energy.png", "energy.svg"]


def test_drawing_never_imports_pyplot_or_torch():
    code = "import sys, spinlens.figures; print('matplotlib.pyplot' in sys.modules, 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
