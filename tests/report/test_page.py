"""One file that says what the ensemble says, fetches nothing, and lets no name become markup."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

import spinlens as sl
from spinlens.cli.main import run
from spinlens.errors import InputError
from spinlens.exact import enumerate_states, kaufman
from spinlens.report import Chart, Page, Series, Table, write_report
from spinlens.report.arrays import decoded, encoded
from spinlens.report.configurations import MOST, shown
from spinlens.report.ensembles import BUDGET
from spinlens.report.page import SCRIPTS, _asset

BARE, WHOLE = 150_000, 5_000_000
"""Bytes of a page without data, and of one with it."""

NAMESPACE = "http://www.w3.org/2000/svg"
"""The name of SVG, which nobody fetches."""


def data_of(html: str) -> dict:
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html, flags=re.DOTALL)
    return json.loads(text)


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory: pytest.TempPathFactory) -> sl.Ensemble:
    out = tmp_path_factory.mktemp("report") / "small.ens"
    return sl.simulate(
        sl.Ising(), (4, 4), temperature=np.linspace(1.5, 3.5, 5), field=(0.0, 0.5), chains=70, draws=2, recordings=16,
        seed=3, out=out, progress=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def html(ensemble: sl.Ensemble, tmp_path_factory: pytest.TempPathFactory) -> str:
    report = ensemble.report(tmp_path_factory.mktemp("page") / "page.html")
    return Path(report).read_text()


def test_the_numbers_of_the_page_are_those_of_the_ensemble(ensemble: sl.Ensemble, html: str) -> None:
    (system,) = data_of(html)["systems"]
    found, shape = ensemble.observables(), tuple(len(axis["values"]) for axis in system["axes"])
    assert [axis["name"] for axis in system["axes"]] == ["field", "temperature"]
    names = {quantity["name"] for quantity in system["quantities"]}
    assert {f"{name}_error" for name in names} | names == set(map(str, found))
    for quantity in system["quantities"]:
        for key, name in (("values", quantity["name"]), ("error", f"{quantity['name']}_error")):
            assert np.array_equal(decoded(quantity[key]).reshape(shape), found[name].values.astype("f4")), name
    assert np.array_equal(decoded(system["verdict"]).reshape(shape), ensemble.diagnostics["verdict"])


def test_exact_values_stand_beside_them(html: str) -> None:
    (system,) = data_of(html)["systems"]
    energy = next(quantity for quantity in system["quantities"] if quantity["name"] == "energy")
    exact = decoded(energy["exact"])
    at_zero = kaufman(sl.Ising(), sl.Lattice((4, 4)), temperature=np.linspace(1.5, 3.5, 5))
    assert np.allclose(exact[0], at_zero["energy"], atol=1e-6)
    in_field = enumerate_states(sl.Ising(), sl.Lattice((4, 4)), temperature=3.0, field=0.5)
    assert np.isclose(exact[1, 3], in_field.energy, atol=1e-6)


def test_the_configurations_of_the_page_are_draws_of_the_ensemble(ensemble: sl.Ensemble, html: str) -> None:
    (system,) = data_of(html)["systems"]
    shown = system["configurations"]
    codes = np.unpackbits(decoded(shown["codes"]), axis=-1, count=shown["columns"], bitorder="little")
    every = ensemble.codes().values.reshape(10, 70, 2, 4, 4)
    assert len({tuple(each) for each in shown["draws"]}) == len(shown["draws"]) == 16
    for number, (chain, draw) in enumerate(shown["draws"]):
        assert np.array_equal(codes[:, number], every[decoded(shown["conditions"]), chain, draw])
        energy = ensemble.energy.values.reshape(10, 70, 2)[:, chain, draw]
        assert np.allclose(decoded(shown["numbers"]["energy"])[:, number], energy, atol=1e-6)


def test_nothing_is_fetched(html: str) -> None:
    assert re.findall(r"https?://[^\"'\s<)]+", html.replace(NAMESPACE, "")) == []
    assert not re.search(r"<link|<img|<iframe|@import|url\(|src=|fetch\(|XMLHttpRequest|WebSocket|import\(", html)
    assert "default-src 'none'" in html


def test_it_is_small(html: str) -> None:
    bare = re.sub(r'(id="data">).*?(</script>)', r"\1\2", html, flags=re.DOTALL)
    assert len(bare.encode()) < BARE


def test_where_conditions_are_too_many_they_are_left_out_evenly(ensemble: sl.Ensemble) -> None:
    budget = 5 * 4
    kept = shown(ensemble.plan, list(ensemble.parts()), budget=budget)
    assert kept.codes.nbytes <= budget
    there = np.zeros((2, 5), dtype=bool)
    there.reshape(-1)[kept.conditions] = True
    assert there.sum() == 5
    assert there.any(axis=1).all()
    assert there.any(axis=0).all()


def test_a_page_stays_below_its_size() -> None:
    # Codes in letters, the numbers of the configurations and the observables of a grid as large as that of the paper.
    conditions, letters = 65 * 65, 4 / 3
    assert BARE + letters * (BUDGET + conditions * (MOST * 3 + 40) * 4) < WHOLE


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#rrggbb``, as the Web Content Accessibility Guidelines define it."""
    parts = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_and_lines_stand_out_in_light_and_dark(scheme: int) -> None:
    blocks = re.findall(r":root \{(.*?)\}", _asset("page.css"), flags=re.DOTALL)
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", blocks[scheme]))
    inks = ("one", "two", "three", "four", "five", "six")
    for ground in ("ground", "panel"):
        for text in ("ink", "quiet", "caution", *inks):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    assert contrast("#000000", "#ffffff") == 21.0


EVIL = "</script><img src=x onerror=alert(1)>&\"'"


def test_names_never_become_markup() -> None:
    page = Page(
        title=EVIL, answer=[EVIL], cautions=[EVIL], facts={EVIL: {EVIL: EVIL}},
        charts=[Chart(EVIL, EVIL, EVIL, [Series(EVIL, [0, 1], [0, float("nan")])])],
        tables=[Table(EVIL, [EVIL], [[EVIL]])],
    )  # fmt: skip
    text = page.html()
    assert "<img" not in text
    assert text.count("</script>") == 2
    assert data_of(text)["tables"][0]["rows"] == [[EVIL]]
    assert data_of(text)["charts"][0]["series"][0]["y"] == [0, None]
    assert "<img" not in page.head()


def test_scripts_put_no_markup_anywhere() -> None:
    code = "\n".join(map(_asset, SCRIPTS))
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", code)


@pytest.mark.parametrize("kind", ["float32", "uint8", "uint16", "int32"])
def test_arrays_come_back(kind: str) -> None:
    values = np.arange(12).reshape(3, 4)
    assert np.array_equal(decoded(encoded(values, kind)), values)


def test_an_unfinished_ensemble_shows_what_is_there(ensemble: sl.Ensemble, tmp_path: Path) -> None:
    half = tmp_path / "half.ens"
    shutil.copytree(ensemble.path, half)
    lines = (half / "log.jsonl").read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if json.loads(line)["unit"] in ("the description", "field=1 block=1")]
    (half / "log.jsonl").write_bytes(b"".join(kept))
    report = write_report(half)
    assert Path(report) == tmp_path / "half.html"
    assert any("3 of 4 units of work are not stored" in caution for caution in report.page.cautions)
    (system,) = report.page.data()["systems"]
    verdict = decoded(system["verdict"])
    assert (verdict[0] == 255).all()
    assert (verdict[1] != 255).all()
    energy = next(quantity for quantity in system["quantities"] if quantity["name"] == "energy")
    values = decoded(energy["values"])
    assert np.isnan(values[0]).all()
    sums = ensemble.series.isel(field=1, chain=slice(64, None))
    alone = sl.statistics.observables(sums, model=sl.Ising(), lattice=ensemble.lattice, field=0.5)
    assert np.allclose(values[1], alone["energy"].transpose("temperature"), atol=1e-6)
    assert all(chain >= 64 for chain, _ in system["configurations"]["draws"])


def test_whatever_has_no_page_is_refused(
    ensemble: sl.Ensemble, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputError, match="has no page"):
        write_report(3)
    with pytest.raises(InputError, match="must end in"):
        ensemble.report(tmp_path / "page.pdf")
    with pytest.raises(SystemExit) as left:
        run(["report", str(tmp_path)])
    assert left.value.code == 2
    assert "is not a spinlens ensemble" in capsys.readouterr().err
