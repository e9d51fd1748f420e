"""Ends of a critical phase in the plane, and what sizes do there.

Angles whose stiffness over T is K have eta = 1 / (2 pi K), as long as nothing else counts. Towards high temperatures
the phase ends where vortices unbind, at eta = 1/4; towards low ones, where there are q angles, where these lock in, at
eta = 4 / q^2. Both are points of Berezinskii, Kosterlitz and Thouless, for exchanging K with q^2 / (4 pi^2 K)
exchanges vortices and the forces that q angles make. There the fugacity of the one or the other is marginal: it falls
with 1 / w, w being ln L + c, and eta is off by -+eta / (2 w), so that

    chi ~ L^(2 - eta) w^(+-eta / 2)

with the upper signs where vortices unbind, the lower ones where angles lock in. Where vortices unbind the helicity
modulus tells K. Where angles lock in it does not: a twist that all bonds share is no wave, and the forces act on waves.

References
----------
J. V. José, L. P. Kadanoff, S. Kirkpatrick and D. R. Nelson, Phys. Rev. B 16, 1217 (1977),
doi:10.1103/PhysRevB.16.1217; S. Elitzur, R. B. Pearson and J. Shigemitsu, Phys. Rev. D 19, 3698 (1979),
doi:10.1103/PhysRevD.19.3698.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PhaseEnd:
    """One end of a critical phase.

    Attributes
    ----------
    name : str
        What happens there.
    growth, logarithm : float
        Powers of L and of w that the susceptibility grows with.
    jump : (float, float) or None
        Y / T of a square torus, and what it has beside over w; None where it tells nothing.
    locked : bool
        Whether there is order beyond it, and the phase is on the side of smaller growth.
    """

    name: str
    growth: float
    logarithm: float
    jump: tuple[float, float] | None
    locked: bool


UNBINDING = PhaseEnd("vortices unbind", 1.75, 0.125, (0.63650817819, 0.318899454), False)
"""The jump is 2 / pi and 1 / pi but for windings; M. Hasenbusch, J. Phys. A 38, 5869 (2005),
doi:10.1088/0305-4470/38/26/003."""


def locking(states: int) -> PhaseEnd:
    """Return where q angles lock in."""
    eta = 4.0 / states**2
    return PhaseEnd("angles lock in", 2.0 - eta, -0.5 * eta, None, True)


def phase_ends(states: int) -> tuple[PhaseEnd, ...]:
    """Return the ends of the critical phase of q values round a circle, five or more; none of fewer."""
    return (UNBINDING, locking(states)) if states > 4 else ()
