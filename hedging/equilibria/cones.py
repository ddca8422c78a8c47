"""Extreme rays of a small polyhedral cone, in integers.

The double description method (Motzkin, Raiffa, Thompson and Thrall 1953; Fukuda and Prodon
1996) on the cone of all y >= 0 with c . y >= 0 for some rows c: start from the unit vectors and
add the rows one at a time.  A row keeps the rays on its good side and adds, for each pair of
*adjacent* rays on opposite sides, the ray where it cuts the face they span.  Two rays are
adjacent if no third ray satisfies with equality everything that both do.

Sets of mixed actions that others accept are such cones cut by sum y = 1: few dimensions, few
rows, and exactness matters more than speed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import gcd

__all__ = ["extreme_rays"]


def extreme_rays(dimension: int, rows: Iterable[Sequence[int]]) -> list[tuple[int, ...]]:
    """Extreme rays of {y >= 0 : c . y >= 0 for each row c}, in coprime integers.

    Parameters
    ----------
    dimension : int
    rows : iterable of sequences of ``dimension`` ints

    Returns
    -------
    list of tuple of int
        Empty if the cone is the origin alone.

    Notes
    -----
    Each row takes time cubic in the number of rays at that stage.

    Examples
    --------
    >>> extreme_rays(2, [(1, -2)])
    [(1, 0), (2, 1)]
    >>> extreme_rays(2, [(1, -1), (-1, 1)])
    [(1, 1)]
    """
    full = (1 << dimension) - 1
    rays = [
        (tuple(int(k == c) for k in range(dimension)), full - (1 << c)) for c in range(dimension)
    ]
    bit = 1 << dimension
    for row in rows:
        if not any(row):
            continue
        slack = [sum(a * b for a, b in zip(row, ray, strict=True)) for ray, _ in rays]
        if min(slack, default=0) >= 0:
            rays = [
                (ray, tight if s else tight | bit)
                for (ray, tight), s in zip(rays, slack, strict=True)
            ]
            bit <<= 1
            continue
        kept = [
            (ray, tight if s else tight | bit)
            for (ray, tight), s in zip(rays, slack, strict=True)
            if s >= 0
        ]
        for (good, tight_good), s in zip(rays, slack, strict=True):
            if s <= 0:
                continue
            for (bad, tight_bad), t in zip(rays, slack, strict=True):
                if t >= 0:
                    continue
                common = tight_good & tight_bad
                if sum(tight & common == common for _, tight in rays) == 2:
                    point = [s * b - t * g for g, b in zip(good, bad, strict=True)]
                    divisor = gcd(*point)
                    kept.append((tuple(c // divisor for c in point), common | bit))
        rays = kept
        bit <<= 1
    return [ray for ray, _ in rays]
