"""What the page does in a browser, and what its sampler draws; skipped where there is neither Chromium nor Node."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spinlens as sl
from spinlens.report.live import live_sampler
from spinlens.report.page import _asset
from spinlens.sampling import Plan

NODE = shutil.which("node")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

SWEEPS, TEMPERATURE = 6, 1.3

SYSTEMS = {
    "fields": (sl.Ising(), sl.Lattice((4, 3), boundary=("antiperiodic", "periodic")), {"field": (0.0, 0.3)}),
    "colours": (sl.Potts(3), sl.Lattice((4, 4), kind="honeycomb"), {"field": 0.2}),
    "walls": (sl.BlumeCapel(), sl.Lattice.skewed((4, 3)), {"crystal_field": 0.4, "field": -0.2}),
    "angles": (sl.Clock(5), sl.Lattice((3, 4), kind="triangular"), {"field": 0.1}),
    "chain": (sl.Pairwise(values=(0, 1, 2), bond=np.diag([1.0, 0.5, -0.25])), sl.Lattice((7,)), {}),
    "disorder": (sl.RandomBondIsing(), sl.Lattice((4, 4)), {"sample": 1}),
}

HARNESS = """
(async () => {
  const { system, start, uniforms, temperature, point, sweeps } = JSON.parse(require("fs").readFileSync(0));
  const numbers = uniforms[Symbol.iterator]();
  const sampler = new HeatBath(await inflateAll(system), () => numbers.next().value);
  sampler.codes.set(start);
  sampler.set(temperature, point);
  const seen = [];
  for (let k = 0; k < sweeps; k++) { sampler.sweep(); seen.push([Array.from(sampler.codes), sampler.energy()]); }
  console.log(JSON.stringify(seen));
})();
"""


def heat_bath(model: sl.Model, lattice: sl.Lattice, codes: np.ndarray, uniforms: Any, **controls: float) -> np.ndarray:
    """Redraw every site from total energies alone: the definition."""
    model = model.at(**controls)
    tables, strengths, q = model.tables(lattice), model.strengths(lattice, **controls), model.space.states
    for site in range(lattice.sites):
        candidates = np.repeat(codes[None], q, axis=0)
        candidates[:, site] = np.arange(q)
        exponents = strengths @ tables.sums(candidates) / TEMPERATURE
        weights = np.exp(exponents - exponents.max())
        codes[site] = np.searchsorted(np.cumsum(weights) / weights.sum(), next(uniforms), side="right")
    return codes


@pytest.mark.skipif(NODE is None, reason="Node runs the page's sampler, and is not installed")
@pytest.mark.parametrize("name", SYSTEMS)
def test_the_sampler_of_the_page_is_the_heat_bath_of_the_model(name: str) -> None:
    model, lattice, controls = SYSTEMS[name]
    plan = Plan(model=model, lattice=lattice, temperature=TEMPERATURE, controls=controls)
    point = plan.points - 1
    random = np.random.default_rng(5)
    codes = random.integers(model.space.states, size=lattice.sites)
    uniforms = random.random(SWEEPS * lattice.sites)
    given = {
        "system": live_sampler(plan), "start": codes.tolist(), "uniforms": uniforms.tolist(),
        "temperature": TEMPERATURE, "point": point, "sweeps": SWEEPS,
    }  # fmt: skip
    program = "\n".join([_asset("data.js"), _asset("sampler.js"), HARNESS])
    done = subprocess.run(
        [str(NODE), "-e", program], input=json.dumps(given), capture_output=True, text=True, check=True
    )
    numbers, at = iter(uniforms), plan.point_controls(point)
    for found, energy in json.loads(done.stdout):
        codes = heat_bath(model, lattice, codes, numbers, **at)
        assert found == codes.tolist()
        sums = dict(zip(model.tables(lattice).names, model.at(**at).tables(lattice).sums(codes), strict=True))
        assert np.isclose(energy, model.energy_total(lattice, sums, **at) / lattice.sites, atol=1e-5)


SCRIPT = """
const seen = {};
addEventListener("error", (event) => { seen.error = event.message; });
addEventListener("securitypolicyviolation", (event) => { seen.violation = event.violatedDirective; });
const wait = setInterval(() => {
  if (!document.documentElement.dataset.ready) return;
  clearInterval(wait);
  seen.ready = document.documentElement.dataset.ready;
  const main = document.querySelector("figure[tabindex]"), canvas = document.getElementById("configuration");
  const pixels = () => Array.from(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data).join();
  const state = () => [main.querySelector("figcaption").textContent, canvas.getAttribute("aria-label"), pixels()];
  const before = state();
  main.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight" }));
  const after = state();
  seen.label = after[1];
  seen.moved = before.map((each, i) => each !== after[i]);
  const slider = document.querySelectorAll(".slider input");
  slider[0].value = 0;
  slider[0].dispatchEvent(new Event("input"));
  seen.coldest = state()[0];
  const box = main.querySelector("svg").getBoundingClientRect();
  const over = { clientX: box.right - box.width * 0.03, clientY: box.top + box.height / 2, bubbles: true };
  main.querySelector("svg").dispatchEvent(new PointerEvent("pointermove", over));
  seen.hottest = state()[0];
  document.querySelector("details").open = true;
  setTimeout(() => {
    seen.rows = document.querySelectorAll("details tbody tr").length;
    seen.unnamed = [...document.querySelectorAll("svg, canvas")].filter((e) => !e.getAttribute("aria-label")).length;
    seen.csv = csvText(...conditionRows(new State(DATA.systems[0]).system)).split("\\n").slice(0, 2);
    seen.codes = Array.from(codesOf(DATA.systems[0].configurations, 3, 2));
    const made = document.createElement("pre");
    made.id = "seen";
    made.textContent = JSON.stringify(seen);
    document.body.append(made);
  }, 200);
}, 20);
"""


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium shows the page, and is not installed")
def test_the_page_answers_to_keys_pointer_and_sliders(tmp_path: Path) -> None:
    ensemble = sl.simulate(
        sl.Ising(), (8, 8), temperature=np.linspace(1.5, 3.5, 5), chains=64, draws=1, recordings=8, seed=2,
        progress=False,
    )  # fmt: skip
    report = ensemble.report(tmp_path / "page.html")
    page = Path(report)
    ready = 'document.documentElement.dataset.ready = "yes"'
    text = page.read_text().replace(ready, f"globalThis.DATA = data; {ready}")
    page.write_text(text.replace("</body>", f"<script>{SCRIPT}</script></body>"))
    command = [
        str(CHROMIUM), "--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000",
        f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", page.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    (found,) = re.findall(r'<pre id="seen">(.*?)</pre>', done.stdout, flags=re.DOTALL)
    seen = json.loads(found)
    assert "error" not in seen
    assert "violation" not in seen
    assert seen["ready"] == "yes"
    assert seen["moved"] == [True, True, True]
    assert "temperature 1.5" in seen["coldest"]
    assert "temperature 3.5" in seen["hottest"]
    assert (seen["rows"], seen["unnamed"]) == (5, 0)
    head, first = (line.split(",") for line in seen["csv"])
    table = ensemble.observables()
    assert np.isclose(float(first[head.index("energy")]), float(table["energy"][0, 0]), atol=1e-6)
    assert np.isclose(float(first[head.index("specific_heat_error")]), float(table["specific_heat_error"][0, 0]))
    chain, draw = report.page.systems[0].configurations.draws[2]
    assert seen["codes"] == ensemble.codes(temperature=3, chain=chain, draw=draw).values.reshape(-1).tolist()
    # The picture shows what the label says: the middle temperature is 2.5, and one step on it is 3.
    place = ensemble.energy.sel(temperature=3.0, method="nearest").isel(chain=0, draw=0)
    assert f"energy {float(place.squeeze()):.4g}" in seen["label"]
