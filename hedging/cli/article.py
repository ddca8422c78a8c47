"""``hedging claims``: what the models say to the claims about Kazakhstan, proved and confirmed."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from hedging.cli.text import say
from hedging.errors import HedgingError

if TYPE_CHECKING:
    from hedging.propositions.article import Claim, ClaimFinding
    from hedging.propositions.core import Finding

__all__ = ["claim_arguments", "show_claims"]


def claim_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("--row", metavar="N", help="one claim in full, by its number or its key")
    parser.add_argument(
        "--draws",
        type=_positive,
        default=200,
        metavar="N",
        help="random parameter points for each proposition (default: %(default)s)",
    )
    parser.add_argument(
        "--seed", type=_natural, default=0, metavar="N", help="of the draws (default: %(default)s)"
    )
    parser.add_argument("--latex", action="store_true", help="with --row, the formulas as well")


def _natural(text: str) -> int:
    if not text.isdecimal():
        msg = f"{text!r} is no whole number from 0 up"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        msg = f"{text!r} is no whole number from 1 up"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def show_claims(options: argparse.Namespace) -> None:
    """Check all claims and print a paragraph on each, or one claim in full."""
    from hedging.propositions.article import claims

    if options.row is not None:
        row = int(options.row) if options.row.isdecimal() else options.row
        claim = claims[row]
        checked = {claim.key: claim.check(options.seed, draws=options.draws)}
        _say_in_full(claim, checked[claim.key], options.latex)
    else:
        checked = claims.check(options.seed, draws=options.draws)
        say("Each claim, what the models say to it, and the propositions this rests on.")
        print()
        for key, found in checked.items():
            _say_in_short(claims[key], found)
            print()
        for verdict in ("contradicted", "qualified"):
            numbers = [str(c.number) for c in claims.values() if c.verdict == verdict]
            say(f"{verdict.capitalize()}: {', '.join(numbers) or 'none'}.")
    _say_sum(list(checked.values()), options)


def _say_in_short(claim: Claim, found: ClaimFinding) -> None:
    say(f"{claim.number:>2}  {claim.text}", indent=4)
    say(f"    {claim.verdict.upper()}: {claim.answer}", indent=4)
    if claim.against:
        say(f"    against it: {claim.against}", indent=4)
    if found.proved:
        say(f"    - proved: {_by_model(found.proved)}", indent=6)
    if found.confirmed:
        counts = {name: f" ({_cases(name, found.findings[name])})" for name in found.confirmed}
        say(f"    - confirmed: {_by_model(found.confirmed, counts)}", indent=6)
    if found.unmet:
        say(f"    - no case: {_by_model(found.unmet)}", indent=6)
    if found.failed:
        say(f"    - FAILED: {_by_model(found.failed)}", indent=6)


def _cases(name: str, found: Finding) -> str:
    """The number of cases, and what a case is where it is not a parameter point."""
    from hedging.propositions.library import propositions

    case = propositions(name)[0].case
    return f"{found.exercised:,}: {case}" if case else f"{found.exercised:,}"


def _by_model(names: tuple[str, ...], notes: dict[str, str] | None = None) -> str:
    """``model: proposition, proposition; model: proposition``."""
    grouped: dict[str, list[str]] = {}
    for name in names:
        model, _, own = name.partition(".")
        grouped.setdefault(model, []).append(own + (notes or {}).get(name, ""))
    return "; ".join(f"{model}: {', '.join(own)}" for model, own in grouped.items())


def _say_in_full(claim: Claim, found: ClaimFinding, latex: bool) -> None:
    from hedging.propositions.article_rows import VERDICTS
    from hedging.propositions.library import propositions

    say(f"{claim.number}. {claim.text}")
    say(f"{claim.verdict.upper()} ({VERDICTS[claim.verdict]}): {claim.answer}")
    if claim.against:
        say(f"against it: {claim.against}")
    print()
    for name, one in found.findings.items():
        (known,) = propositions(name)
        cases, failures = _counted(one.exercised, "case"), _counted(one.failures, "failure")
        say(f"{name}: {_proof(one)}, {cases}, {failures}")
        say(f"    {known.statement}", indent=4)
        if one.proves:
            say(f"    settled by algebra: {one.proves}", indent=4)
        if known.case:
            say(f"    counted as cases: {known.case}", indent=4)
        if latex:
            print(f"    {known.latex}")  # unwrapped, to be copied
        print()


def _proof(found: Finding) -> str:
    if found.proved is None:
        return "no proof by algebra"
    return "proved" if found.proved else "PROOF FAILED"


def _say_sum(checked: list[ClaimFinding], options: argparse.Namespace) -> None:
    every: dict[str, Finding] = {}
    for found in checked:
        every.update(found.findings)
    models = {name.partition(".")[0] for name in every}
    failures = sum(one.failures for one in every.values())
    say(
        f"{_counted(len(every), 'proposition')} about {_counted(len(models), 'model')}: "
        f"{sum(bool(one.proved) for one in every.values())} proved by algebra, "
        f"{sum(one.exercised > 0 and not one.failures for one in every.values())} confirmed on "
        f"{_counted(options.draws, 'random parameter point')} each (seed {options.seed}), "
        f"{_counted(sum(one.exercised for one in every.values()), 'case')}, "
        f"{_counted(failures, 'failure')}."
    )
    say(
        "A case is a parameter point at which the proposition says something, that is one that "
        "meets its hypothesis, unless its line says what else is counted."
    )
    if options.row is None:
        say("In brackets: the cases.  What the algebra settles is shown with --row.")
    if any(found.unmet for found in checked):
        say("No draw met the hypothesis of some; give more --draws.")
    failed = sorted({name for found in checked for name in found.failed})
    if failed:
        msg = f"{_counted(len(failed), 'proposition')} did not hold: {', '.join(failed)}"
        raise HedgingError(msg)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
