"""What the numbers of a dataset are and in which units, for readers and for the axes of plots."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import xarray as xr

Labelled = TypeVar("Labelled", "xr.Dataset", "xr.DataArray")

ENERGY, NONE = "J", "1"
"""The unit in which couplings are given, and that of pure numbers; k_B = 1."""

_KNOWN = {
    "temperature": ("temperature", f"{ENERGY} / k_B"),
    "energy": ("energy per site", ENERGY),
    "specific_heat": ("specific heat per site", "k_B"),
    "log_z": ("ln Z per site", NONE),
    "effective_recordings": ("recordings that count", NONE),
    **{f"helicity_modulus_{axis}": (f"helicity modulus along {axis}", ENERGY) for axis in "xyz"},
    **{f"correlation_{axis}": (f"correlation along {axis}", NONE) for axis in "xyz"},
    **{f"distance_{axis}": (f"distance along {axis}", NONE) for axis in "xyz"},
    **{f"correlation_length_{axis}": (f"correlation length along {axis}", "sites") for axis in "xyz"},
    "response": ("response per site", NONE),
    "gap": ("energy of the lowest excitation", ENERGY),
    "correlation": ("correlation in imaginary time", NONE),
    "u": ("imaginary time over its circle", NONE),
    "vortex_density": ("vortices per plaquette", NONE),
    "chain": ("chain", NONE),
    "draw": ("draw", NONE),
    "recording": ("recording", NONE),
    "sample": ("quenched sample", NONE),
    "overlap_squared": ("mean squared overlap of replicas", NONE),
    "absolute_overlap": ("mean absolute overlap of replicas", NONE),
    "spin_glass_susceptibility": ("spin glass susceptibility", NONE),
}
_ENDINGS = {
    "susceptibility_absolute": ("susceptibility of the absolute {}", f"1 / {ENERGY}"),
    "disconnected_susceptibility": ("disconnected susceptibility of the {}", NONE),
    "susceptibility": ("susceptibility of the {}", f"1 / {ENERGY}"),
    "binder_cumulant": ("Binder cumulant of the {}", NONE),
}
_ERROR = "_error"


def label(name: str, *, order_parameter: str = "order parameter") -> tuple[str, str]:
    """Return what a variable is, in words, and its unit.

    Parameters
    ----------
    name : str
        As in `spinlens.statistics.observables`.
    order_parameter : str
        The model's first one, which names without a prefix belong to.
    """
    if name.endswith(_ERROR):
        words, unit = label(name.removesuffix(_ERROR), order_parameter=order_parameter)
        return f"standard error of the {words}", unit
    if name in _KNOWN:
        return _KNOWN[name]
    for ending, (words, unit) in _ENDINGS.items():
        if name == ending or name.endswith(f"_{ending}"):
            of = name.removesuffix(ending).rstrip("_") or order_parameter
            return words.format(of.replace("_", " ")), unit
    if name.startswith("absolute_"):
        return f"mean absolute {name.removeprefix('absolute_').replace('_', ' ')} per site", NONE
    return name.replace("_", " "), NONE


def labelled(found: Labelled, *, order_parameters: tuple[str, ...] = (), controls: tuple[str, ...] = ()) -> Labelled:
    """Set ``long_name`` and ``units`` of every variable and coordinate, in place, and return what was given.

    Parameters
    ----------
    found : Dataset or DataArray
        With the names of `spinlens.statistics.observables`.
    order_parameters : tuple of str
        The model's, the first one first.
    controls : tuple of str
        The model's; they have the unit of an energy.
    """
    first = (order_parameters or ("order parameter",))[0]
    parts = dict(found.coords) | (dict(found.data_vars) if hasattr(found, "data_vars") else {found.name: found})
    for name, part in parts.items():
        words, unit = label(str(name), order_parameter=first)
        if str(name) in controls and str(name) not in _KNOWN:
            unit = ENERGY
        elif str(name).removesuffix(_ERROR) in order_parameters:
            words += " per site"
        part.attrs |= {"long_name": words, "units": unit}
    return found
