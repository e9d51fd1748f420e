"""Several sizes of one system side by side: their observables, and errors of whatever follows from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from spinlens.errors import InputError
from spinlens.statistics.configurations import Configurations
from spinlens.statistics.estimate import Estimate
from spinlens.statistics.labels import labelled
from spinlens.statistics.scaling.resamples import Layout, Resamples
from spinlens.statistics.scaling.scan import Curves, Recorded, Scan
from spinlens.statistics.scaling.smooth import SmoothScan
from spinlens.statistics.scaling.sources import recorded_arrays, recorded_ensembles

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]


class Sizes:
    """Scans of several sizes, with resamples that know which is which.

    What they are made from is said by `FiniteSize`.

    Attributes
    ----------
    scans : tuple of Scan or SmoothScan
        Each size, the smallest first.
    layout : Layout
        How resamples of all sizes are kept together.
    """

    def __init__(
        self, ensembles: Sequence[Any], *, control: str = "temperature",
        observables: Sequence[Mapping[str, Any]] | None = None, **fixed: float,
    ) -> None:  # fmt: skip
        found = recorded_ensembles(ensembles, control=control, observables=observables, **fixed)
        self._set([Scan(each) for each in found])

    @classmethod
    def from_arrays(
        cls, sizes: Mapping[int, Mapping[str, Any]], *, dimensions: int, sites: Callable[[int], int] | None = None
    ) -> Self:
        """Return a study of recordings from anywhere.

        Parameters
        ----------
        sizes : mapping of int to mapping of str to array
            For each L the arrays ``temperature`` (T,), ascending; ``energy`` (T, chain, recording), totals; and any
            others of that shape, per site, by names of one's own; vectors have their components on a last axis. The
            first of these is the order parameter:
            ``binder_cumulant``, ``susceptibility`` and ``susceptibility_absolute`` are its own. Chains of the same
            number at different temperatures may depend on each other, those of different numbers must not.
        dimensions : int
            d.
        sites : callable, optional
            From L to the number of sites; by default L^d.

        Raises
        ------
        InputError
            As for ensembles, or if shapes do not fit.
        """
        return cls.from_recorded(recorded_arrays(sizes, dimensions=dimensions, sites=sites))

    @classmethod
    def from_recorded(cls, recorded: Sequence[Recorded]) -> Self:
        """Return a study of what was recorded at several sizes."""
        self = cls.__new__(cls)
        self._set([Scan(each) for each in recorded])
        return self

    @classmethod
    def from_configurations(cls, sizes: Sequence[Configurations], observables: Sequence[Mapping[str, Any]]) -> Self:
        """Return a study of observables of configurations alone, whose energies nobody looks at.

        Parameters
        ----------
        sizes : sequence of Configurations
            One for each size, over the same range of one control, at 7 values of it or more.
        observables : sequence of mapping of str to array, float (C, chain, draw) or (C, chain, draw, d)
            For each size numbers, or vectors, of each draw, per site. The first is the order parameter, as of
            `from_arrays`. A mapping may be of fewer chains than its configurations: those that were read.

        Returns
        -------
        FiniteSize
            Of the curves of `spinlens.statistics.scaling.SmoothScan`: everything but `coexistence` works.

        Raises
        ------
        InputError
            If the controls or the numbers of sides differ, or as `SmoothScan`.
        """
        if len(sizes) != len(observables):
            raise InputError("observables", len(observables), f"must be {len(sizes)} mappings, one for each size")
        for first, other in pairwise(sizes):
            if (first.control, first.dimensions) != (other.control, other.dimensions):
                got = f"{other.control} in {other.dimensions} dimensions"
                raise InputError("sizes", got, f"differ from {first.control} in {first.dimensions} dimensions")
        self = cls.__new__(cls)
        self._set([
            SmoothScan(each.length, each.control, each.values, numbers, dimensions=each.dimensions)
            for each, numbers in zip(sizes, observables, strict=True)
        ])  # fmt: skip
        return self

    def _set(self, scans: Sequence[Curves]) -> None:
        self.scans = tuple(sorted(scans, key=lambda scan: scan.length))
        lengths = [scan.length for scan in self.scans]
        if len(lengths) < 2:
            raise InputError("sizes", lengths, "scaling compares at least two sizes")
        if len(set(lengths)) < len(lengths):
            raise InputError("sizes", lengths, "must differ")
        self.layout = Layout(tuple(scan.groups for scan in self.scans))

    def of_sizes(self, lengths: Sequence[int]) -> Self:
        """Return the study of some of the sizes; scans are shared, nothing is read again.

        Raises
        ------
        InputError
            If fewer than two are left.
        """
        found = type(self).__new__(type(self))
        found._set([scan for scan in self.scans if scan.length in lengths])
        return found

    @property
    def sizes(self) -> tuple[int, ...]:
        """The linear sizes, ascending."""
        return tuple(scan.length for scan in self.scans)

    @property
    def dimensions(self) -> int:
        """The dimension d of the lattice."""
        return self.scans[0].dimensions

    @property
    def names(self) -> tuple[str, ...]:
        """The observables that all sizes have."""
        return tuple(name for name in self.scans[0].names if all(name in scan.names for scan in self.scans))

    def observables(self, values: Any = None) -> xr.Dataset:
        """Return every observable of every size at values of the control, each with its error.

        Parameters
        ----------
        values : array, optional
            Of the control; by default 65 over the range that all sizes share.

        Returns
        -------
        xarray.Dataset
            Over size and the control: the names of `spinlens.statistics.observables`, and ``energy_cumulant``
            1 - <e^4> / (3 <e^2>^2) over temperatures, ``response``, minus the second derivative of the free energy per
            site, over another control.
        """
        import xarray as xr

        control = self.scans[0].control
        at = np.atleast_1d(np.asarray(self._shared() if values is None else values, dtype=np.float64))
        found: dict[str, list[Array]] = {name: [] for n in self.names for name in (n, f"{n}_error")}
        for size, curves in enumerate(self._curves(at)):
            for name in self.names:
                resamples = Resamples(Layout((self.scans[size].groups,)), curves[name])
                found[name].append(resamples.values)
                found[f"{name}_error"].append(resamples.errors)
        variables = {name: (("size", control), np.array(rows)) for name, rows in found.items()}
        return labelled(xr.Dataset(variables, coords={"size": list(self.sizes), control: at}))

    def apply(
        self, function: Callable[[Mapping[int, Mapping[str, Array]]], Any], values: Any = None
    ) -> Estimate | dict[str, Estimate]:
        """Estimate whatever follows from the observables of all sizes, with its error.

        Parameters
        ----------
        function : callable
            From observables, ``at[L][NAME]``, each (n,) over the values of the control, to a number or to numbers by
            name. It is called once for all recordings and once without each group of chains of each size.
        values : array, optional
            Of the control, (n,); by default 65 over the range that all sizes share.

        Returns
        -------
        Estimate or dict of str to Estimate
            The value with its bias of first order in the number of groups taken out, and its standard error.
        """
        at = np.atleast_1d(np.asarray(self._shared() if values is None else values, dtype=np.float64))
        curves = self._curves(at)
        places = [self.layout.places(size) for size in range(len(curves))]
        answers = [
            function({
                length: {name: part[name][:, place[k]] for name in self.names}
                for length, part, place in zip(self.sizes, curves, places, strict=True)
            })
            for k in range(self.layout.samples)
        ]  # fmt: skip
        named = isinstance(answers[0], Mapping)
        rows = [answer if named else {"value": answer} for answer in answers]
        samples = np.array([[float(row[name]) for row in rows] for name in rows[0]])
        estimates = dict(zip(rows[0], Resamples(self.layout, samples).estimates, strict=True))
        return estimates if named else estimates["value"]

    def __repr__(self) -> str:
        """Return one line."""
        low, high = self._range()
        sizes, control = ", ".join(map(str, self.sizes)), self.scans[0].control
        return f"<{type(self).__name__}: L = {sizes}, {control} = {low:g} to {high:g}>"

    def _range(self) -> tuple[float, float]:
        low, high = max(scan.low for scan in self.scans), min(scan.high for scan in self.scans)
        if not low < high:
            raise InputError("sizes", self.sizes, f"share no range of the {self.scans[0].control}")
        return low, high

    def _shared(self) -> Array:
        return np.linspace(*self._range(), 65)

    def _curves(self, values: Array) -> list[dict[str, Array]]:
        return [scan.curves(values) for scan in self.scans]
