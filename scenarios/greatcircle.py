"""How long light in glass takes between two places on Earth, exact to the ns and the same on every machine.

Sines and arcs of floats may differ in the last bit from one C library to the next, and wherever a sum lies near half a
nanosecond such a bit decides. Decimal arithmetic is specified to the last digit, square roots included, so a
result here is a function of its arguments alone: there is no guard to get wrong.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from fractions import Fraction

RADIUS_M = Decimal("6371008.8")  # the mean radius of the Earth (IUGG)
LIGHT_M_PER_S = 299_792_458
PI = Decimal("3.14159265358979323846264338327950288419716939937511")
_DIGITS = Context(prec=40, rounding=ROUND_HALF_EVEN)
_SMALL = Decimal("1e-42")

Vector = tuple[Decimal, Decimal, Decimal]


def direction(latitude: Fraction, longitude: Fraction) -> Vector:
    """Return the unit vector from the centre of the Earth to a place given in degrees."""
    with localcontext(_DIGITS):
        phi, lam = (PI * degrees.numerator / degrees.denominator / 180 for degrees in (latitude, longitude))
        return _cos(phi) * _cos(lam), _cos(phi) * _sin(lam), _sin(phi)


def flight(a: Vector, b: Vector, speed: Fraction) -> int:
    """Return the time in ns along the great circle, at a share of the speed of light in vacuum."""
    with localcontext(_DIGITS):
        metres = RADIUS_M * _angle(a, b)
        return int((metres * 10**9 * speed.denominator / (LIGHT_M_PER_S * speed.numerator)).to_integral_value())


def _angle(a: Vector, b: Vector) -> Decimal:
    """Return the angle between two unit vectors; by half of it, which loses no digits near 0 and 180 degrees."""
    apart = sum(((x - y) ** 2 for x, y in zip(a, b, strict=True)), Decimal(0)).sqrt()
    together = sum(((x + y) ** 2 for x, y in zip(a, b, strict=True)), Decimal(0)).sqrt()
    return 2 * _atan(apart / together) if together else PI


def _sin(x: Decimal) -> Decimal:
    return _series(x, x, 1)


def _cos(x: Decimal) -> Decimal:
    return _series(x, Decimal(1), 0)


def _series(x: Decimal, term: Decimal, i: int) -> Decimal:
    """Return the Taylor series of sine or cosine from a first term of power `i`."""
    total, square = Decimal(0), x * x
    while abs(term) > _SMALL:
        total += term
        i += 2
        term = -term * square / (i * (i - 1))
    return total


def _atan(x: Decimal) -> Decimal:
    """Return the arc of a tangent of at least 0: four times halved, so that the series is short."""
    for _ in range(4):
        x /= 1 + (1 + x * x).sqrt()
    total, power, square, i = Decimal(0), x, x * x, 1
    while power > _SMALL:
        total += power / i if i % 4 == 1 else -power / i
        power *= square
        i += 2
    return 16 * total
