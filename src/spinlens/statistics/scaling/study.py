"""One transition, several sizes: everything that finite-size scaling reads from their recordings."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from spinlens.errors import InputError
from spinlens.statistics.scaling.coexistence import Coexistences, find_coexistence
from spinlens.statistics.scaling.collapse import Collapse, collapse
from spinlens.statistics.scaling.crossings import Crossings, Quotients, find_crossings, find_quotients
from spinlens.statistics.scaling.extrapolation import Correction, Extrapolation, Form
from spinlens.statistics.scaling.limit import (
    OMEGA,
    Exponents,
    limit_of_crossings,
    limit_of_exponents,
    limit_of_growth,
    limit_of_peaks,
    limit_of_volume,
)
from spinlens.statistics.scaling.peaks import Peaks, find_peaks
from spinlens.statistics.scaling.phase_ends import UNBINDING, PhaseEnd
from spinlens.statistics.scaling.resamples import Resamples
from spinlens.statistics.scaling.scan import Scan, check_names
from spinlens.statistics.scaling.sizes import Sizes
from spinlens.statistics.scaling.stretch import Stretch, find_stretch
from spinlens.statistics.scaling.unbinding import limit_of_jump, limit_of_susceptibility

Pair = tuple[int, int]
Range = tuple[float, float]
EVERYWHERE = (-np.inf, np.inf)
"""No limits but those of the recordings."""


class FiniteSize(Sizes):
    """Several sizes of one system over the same range of a control.

    Parameters
    ----------
    ensembles : sequence of Ensemble
        One for each size, of one model on one kind of lattice with equal sides.
    control : str
        What is varied: ``"temperature"`` or any control of the model.
    observables : sequence of mapping of str to array, optional
        For each ensemble further numbers of each recording or each draw, learned ones for example, float (..., chain,
        recording) or (..., chain, draw) over the ensemble's grid. Of each NAME there are NAME, absolute_NAME,
        NAME_susceptibility, NAME_susceptibility_absolute and NAME_binder_cumulant.
    **fixed : float
        Which value of the other controls, where they were varied too.

    Attributes
    ----------
    scans : tuple of Scan or SmoothScan
        Each size, the smallest first.
    layout : Layout
        How resamples of all sizes are kept together.

    Raises
    ------
    InputError
        If there is a size twice or fewer than two, models or lattices differ in more than their sides, there are
        fewer than 16 chains, or histograms do not overlap.

    Examples
    --------
    >>> study = FiniteSize(ensembles)  # doctest: +SKIP
    >>> print(study.crossings("binder_cumulant"))  # doctest: +SKIP
    >>> print(study.critical_temperature())  # doctest: +SKIP
    2.26924(31)

    Notes
    -----
    Nothing here knows a model or an exact answer. Errors rest on whole chains, see `Scan` and `Layout`.
    """

    def crossings(
        self, name: str = "binder_cumulant", *, pairs: Sequence[Pair] | None = None, between: Range = EVERYWHERE
    ) -> Crossings:
        """Find where curves of two sizes cross.

        Parameters
        ----------
        name : str
            An observable without a dimension, such as ``binder_cumulant``.
        pairs : sequence of (int, int), optional
            Sizes L, L'; by default each with the next.
        between : (float, float)
            Where to look.

        Raises
        ------
        InputError
            If a pair does not cross there; the message says which way it lies.
        """
        check_names(self.names, name)
        return find_crossings(self.scans, self.layout, name, self._positions(pairs), between)

    def quotients(
        self,
        name: str,
        *,
        at: str = "binder_cumulant",
        pairs: Sequence[Pair] | None = None,
        between: Range = EVERYWHERE,
    ) -> Quotients:
        """Compare an observable of two sizes where their curves of another one cross.

        Parameters
        ----------
        name : str
            The observable: ``susceptibility`` grows with the power gamma / nu of L, ``absolute_magnetization`` with
            -beta / nu.
        at : str
            What crosses.
        pairs, between
            As for `crossings`.
        """
        check_names(self.names, name)
        return find_quotients(self.scans, self.layout, name, self.crossings(at, pairs=pairs, between=between))

    def peaks(self, name: str, *, between: Range = EVERYWHERE, minimum: bool = False) -> Peaks:
        """Find the peak of every size.

        Parameters
        ----------
        name : str
            ``specific_heat``, ``susceptibility_absolute`` or any other observable.
        between : (float, float)
            Where to look.
        minimum : bool
            Whether to look for the lowest value instead, that of ``energy_cumulant`` for example.

        Raises
        ------
        InputError
            If a curve still rises at an edge; the message says which way its peak lies.
        """
        check_names(self.names, name)
        return find_peaks(self.scans, self.layout, name, between, minimum=minimum)

    def coexistence(self, *, between: Range = EVERYWHERE) -> Coexistences:
        """Split the energies of every size into two phases of equal weight.

        Parameters
        ----------
        between : (float, float)
            Where to look.

        Raises
        ------
        InputError
            If the energy of a size has one peak only, as at a continuous transition.
        """
        return find_coexistence(self._histograms(), self.layout, between)

    def latent_heat(
        self, *, by: str = "peaks", between: Range = EVERYWHERE, forms: Sequence[Form] | None = None
    ) -> Extrapolation:
        """Extrapolate the distance of the energies of two phases to infinite size.

        Parameters
        ----------
        by : {"peaks", "coexistence"}
            From the peaks of the specific heat, 2 T sqrt(C / N), which is the distance of two narrow phases that take
            turns; or from the mean energies on both sides of the valley between them, see `coexistence`. Peaks are
            there at continuous transitions too, and the value is then compatible with zero or falls with L.
        between : (float, float)
            Where to look.
        forms : sequence of tuple of Correction, optional
            By default L^-d, and L^-d with L^-2d.
        """
        if by == "coexistence":
            found = self.coexistence(between=between)
            return limit_of_volume(found.lengths, found.latent_heats, self.dimensions, forms)
        if by != "peaks":
            raise InputError("by", repr(by), "must be 'peaks' or 'coexistence'")
        peaks = self.peaks("specific_heat", between=between)
        sites = np.array([scan.sites for scan in self.scans])[:, None]
        apart = 2.0 * peaks.places.samples * np.sqrt(peaks.heights.samples / sites)
        return limit_of_volume(peaks.lengths, Resamples(self.layout, apart), self.dimensions, forms)

    def critical_temperature(
        self, of: str = "binder_cumulant", *, by: str = "crossings", pairs: Sequence[Pair] | None = None,
        between: Range = EVERYWHERE, forms: Sequence[Form] | None = None,
    ) -> Extrapolation:  # fmt: skip
        """Extrapolate where the transition is, or the critical value of whatever control was varied.

        Parameters
        ----------
        of : str
            The observable; not read where phases coexist.
        by : {"crossings", "peaks", "coexistence"}
            What of it: crossings of pairs, which move with L^-(1/nu + omega); peaks, which move with L^(-1/nu); or the
            temperature at which two phases weigh the same, which moves with L^-d.
        pairs, between
            As for `crossings`.
        forms : sequence of tuple of Correction, optional
            What is fitted; by default a constant where pairs cross, and corrections whose exponents are known within
            wide priors. Name a `Correction` of your own where you know more.

        Returns
        -------
        Extrapolation
            With the error of the data, the spread of the choices, and all fits.
        """
        if by == "crossings":
            return limit_of_crossings(self.crossings(of, pairs=pairs, between=between), forms)
        if by == "peaks":
            return limit_of_peaks(self.peaks(of, between=between), forms)
        if by == "coexistence":
            found = self.coexistence(between=between)
            return limit_of_volume(found.lengths, found.places, self.dimensions, forms)
        raise InputError("by", repr(by), "must be 'crossings', 'peaks' or 'coexistence'")

    def stretch(self, of: str = "susceptibility", *, end: PhaseEnd = UNBINDING) -> Stretch:
        """Tell a critical phase from a critical point, by the power of L that an observable grows with.

        Parameters
        ----------
        of : str
            The observable.
        end : PhaseEnd
            Which end of the phase: by default where vortices unbind, at a power of 7/4; or `locking` of q angles.

        Raises
        ------
        InputError
            If there are fewer than three sizes.
        """
        check_names(self.names, of)
        return find_stretch(self.scans, self.layout, of, end)

    def unbinding(self, of: str = "susceptibility", *, by: str = "growth", end: PhaseEnd = UNBINDING) -> Extrapolation:
        """Extrapolate where a critical phase ends: a transition of Berezinskii, Kosterlitz and Thouless, if it is one.

        Parameters
        ----------
        of : str
            The susceptibility; not read by a jump.
        by : {"growth", "jump"}
            Where it grows with a power of L and one of a logarithm; or where the helicity moduli are what they are
            before their jump.
        end : PhaseEnd
            Which end of the phase: by default where vortices unbind; or `locking` of q angles.

        Returns
        -------
        Extrapolation
            Of fits of the place and of the constant beside ln L, in every window L >= L_min.

        Raises
        ------
        InputError
            If sizes behave so nowhere in the window, or no helicity modulus is known.
        """
        if by == "jump":
            return limit_of_jump(self.scans, self.layout, end)
        if by != "growth":
            raise InputError("by", repr(by), "must be 'growth' or 'jump'")
        check_names(self.names, of)
        return limit_of_susceptibility(self.scans, self.layout, of, end)

    def growth(
        self, of: str, *, between: Range = EVERYWHERE, minimum: bool = False, forms: Sequence[Form] | None = None
    ) -> Extrapolation:
        """Extrapolate the power of L that peaks grow with.

        That of the specific heat is d at a first-order transition and alpha / nu at a continuous one; that of the
        susceptibility of the absolute order parameter d and gamma / nu.

        Parameters
        ----------
        of, between, minimum
            As for `peaks`.
        forms : sequence of tuple of Correction, optional
            By default a constant, and a correction L^-omega with a wide prior.
        """
        return limit_of_growth(self.peaks(of, between=between, minimum=minimum), forms)

    def exponents(
        self, *, at: str = "binder_cumulant", pairs: Sequence[Pair] | None = None, between: Range = EVERYWHERE,
        forms: Sequence[Form] | None = None,
    ) -> Exponents:  # fmt: skip
        """Extrapolate the exponents of pairs of sizes, taken where their curves cross.

        Parameters
        ----------
        at : str
            What crosses.
        pairs, between
            As for `crossings`.
        forms : sequence of tuple of Correction, optional
            By default a constant, and a correction L^-omega with a wide prior.
        """
        found = self.crossings(at, pairs=pairs, between=between)
        order = self.scans[0].order_parameter
        names = ("susceptibility", f"absolute_{order}")
        quotients = [
            find_quotients(self.scans, self.layout, name, found) if name in self.names else None for name in names
        ]
        return limit_of_exponents(found, quotients[0], quotients[1], forms)

    def collapse(
        self, name: str = "binder_cumulant", *, place: float | None = None, inverse_nu: float | None = None,
        fit_power: bool = False, correction: Correction = OMEGA,
    ) -> Collapse:  # fmt: skip
        """Make the curves of all sizes one.

        Parameters
        ----------
        name : str
            The observable A.
        place, inverse_nu : float, optional
            Where to start from; by default the last crossing of the same observable, or of ``binder_cumulant`` where
            the power of L is to be fitted.
        fit_power : bool
            Whether A may grow with a power kappa of L, as the susceptibility does with gamma / nu.
        correction : Correction
            The exponent omega of corrections.

        Raises
        ------
        InputError
            If nothing crosses where no start is given, or there are too few sizes.
        """
        check_names(self.names, name)
        if place is None or inverse_nu is None:
            start = self.crossings("binder_cumulant" if fit_power else name)
            place = float(start.places.values[-1]) if place is None else place
            inverse_nu = float(start.inverse_nus.values[-1]) if inverse_nu is None else inverse_nu
        return collapse(
            self.scans, self.layout, name, place=place, inverse_nu=inverse_nu, fit_power=fit_power,
            correction=correction,
        )  # fmt: skip

    def _histograms(self) -> tuple[Scan, ...]:
        """Return the scans, of which bins of energy are asked for."""
        found = tuple(scan for scan in self.scans if isinstance(scan, Scan))
        if len(found) < len(self.scans):
            raise InputError(
                "energies", "none", "phases are told apart by them", "Take FiniteSize of ensembles or arrays"
            )
        return found

    def _positions(self, pairs: Sequence[Pair] | None) -> list[Pair]:
        if pairs is None:
            return list(pairwise(range(len(self.sizes))))
        for pair in pairs:
            if len(pair) != 2 or pair[0] >= pair[1] or not {*pair} <= {*self.sizes}:
                raise InputError("pairs", tuple(pair), f"must be two ascending sizes among {self.sizes}")
        return [(self.sizes.index(first), self.sizes.index(second)) for first, second in pairs]
