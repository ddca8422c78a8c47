r"""The language of payoff formulas: a small part of Python's expressions, read exactly.

A formula is text such as ``retention*(value_a + value_b) - hedging_cost``.  Its grammar is

.. code-block:: text

    value      number | name | (value) | -value | value + value | value - value
               | value * value | value / value | value ** value
               | min(value, value, ...) | max(value, value, ...)
               | abs(value) | sqrt(value) | exp(value) | log(value)
               | where(condition, value, value) | value if condition else value
    condition  value < value [< value ...]   with any of < <= > >= == !=
               | condition and condition | condition or condition | not condition
               | condition if condition else condition

Numbers are exact: ``0.1`` is one tenth, not the double nearest to it.  Text is parsed by
:mod:`ast` into a syntax tree and the tree is translated node by node; whatever is not in the
grammar is refused by name.  Nothing is ever evaluated as Python, so a formula in a model file
from a stranger can be wrong but not harmful: length, nesting, powers and numbers are bounded.
"""

from __future__ import annotations

import ast
import math
import warnings
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any, NoReturn

import sympy
from sympy.printing.str import StrPrinter

from hedging.errors import FormulaError, HedgingTypeError, suggest

__all__ = ["FUNCTIONS", "exact_number", "parse", "parse_condition", "to_text"]

MAX_LENGTH = 10_000
MAX_DEPTH = 100
MAX_EXPONENT = 1_000
MAX_BITS = 5_000
MAX_CHOICES = 64

_READINGS = 8
"""Attempts at a form that prints as itself."""

_GRAMMAR = (
    "a formula may hold numbers, parameters, + - * / **, min, max, abs, sqrt, exp, log, "
    "where(condition, a, b) and 'a if x < y else b'"
)


def parse(text: object, names: Iterable[str]) -> Any:
    """Read a formula.

    Parameters
    ----------
    text : str
        A formula in the language of this module, at most 10,000 characters.
    names : iterable of str
        Names the formula may use; each becomes a plain ``sympy.Symbol``.

    Returns
    -------
    sympy.Expr
        With every number an exact rational.

    Raises
    ------
    FormulaError
        Naming the first token that is not in the language, the unknown name (with the closest
        known one), or the bound that the text exceeds.
    HedgingTypeError
        If ``text`` is not a string.

    Examples
    --------
    >>> parse("0.1*x + max(x, y)**2", ["x", "y"])
    x/10 + Max(x, y)**2
    >>> parse("__import__('os')", ["x"])
    Traceback (most recent call last):
        ...
    hedging.errors.FormulaError: formula "__import__('os')" calls '__import__', ...
    """
    return _settled(text, list(names), _Reader.value)


def parse_condition(text: object, names: Iterable[str]) -> Any:
    """Read a condition such as ``x < y and y <= 1``; like :func:`parse` otherwise.

    Examples
    --------
    >>> parse_condition("x > 0 and x <= 1/2", ["x"])
    (x <= 1/2) & (x > 0)
    """
    return _settled(text, list(names), _Reader.condition)


def _settled(text: object, names: list[str], translate: Callable[[_Reader, Any, int], Any]) -> Any:
    """Read until the expression is what its own text reads as.

    sympy has several forms of one expression, ``-(2*x - y)`` and ``-2*x + y``, and which of them
    it takes depends on what the expression was made from.  A formula must be what is written to a
    file, so it is printed and read again until nothing changes: nearly always at once.
    """
    found = _Reader(text, names).read(translate)
    if _is_sum_of_monomials(found):
        return found  # has one form only
    for _ in range(_READINGS):
        try:
            again = _Reader(to_text(found), names).read(translate)
        except FormulaError:  # the text is longer than what was given, beyond a bound
            return found
        if again == found:
            break
        found = again
    return found


def _is_sum_of_monomials(expression: Any) -> bool:
    """Whether nothing but symbols, their integer powers and numbers is multiplied and added."""
    if not isinstance(expression, sympy.Expr):
        return False
    return all(
        factor.is_Symbol or (factor.is_Pow and factor.base.is_Symbol and factor.exp.is_Integer)
        for term in sympy.Add.make_args(expression)
        for factor in sympy.Mul.make_args(term.as_coeff_Mul()[1])
        if factor is not sympy.S.One
    )


class _Reader:
    """Translates one syntax tree; holds the text so that errors can quote it."""

    def __init__(self, text: object, names: Iterable[str]) -> None:
        if not isinstance(text, str):
            kind = type(text).__name__
            msg = f"a formula is a string, not {kind}; write it as text such as '1 - x'"
            raise HedgingTypeError(msg)
        self.text = " ".join(text.split())
        self.names = list(names)
        self.symbols = {name: sympy.Symbol(name) for name in self.names}

    def fail(self, what: str) -> NoReturn:
        msg = f'formula "{_short(self.text, 60)}" {what}'
        raise FormulaError(msg) from None

    def token(self, node: ast.AST) -> str:
        return repr(_short(ast.get_source_segment(self.text, node) or type(node).__name__, 40))

    def read(self, translate: Callable[[_Reader, ast.expr, int], Any]) -> Any:
        if not self.text:
            msg = "formula is empty; write 0 for a payoff of nothing"
            raise FormulaError(msg)
        if len(self.text) > MAX_LENGTH:
            self.fail(f"has {len(self.text)} characters; at most {MAX_LENGTH} are read")
        if "#" in self.text:
            self.fail(f"holds '#'; {_GRAMMAR}")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # e.g. "1if x": Python only warns, we refuse
                tree = ast.parse(self.text, mode="eval")
        except SyntaxError as error:
            position = max((error.offset or 1) - 1, 0)
            rest = _short(self.text[position:], 20)
            where = f"near {rest!r} (character {position + 1})" if rest else "at its end"
            self.fail(f"cannot be read {where}; {_GRAMMAR}")
        except (ValueError, RecursionError, MemoryError):
            self.fail("cannot be read: too deeply nested or not text; split it")
        try:
            return translate(self, tree.body, 0)
        except RecursionError:
            self.fail(f"is nested more than {MAX_DEPTH} deep; split it")

    # ---- values ------------------------------------------------------------------------

    def value(self, node: ast.expr, depth: int) -> Any:
        if depth > MAX_DEPTH:
            self.fail(f"is nested more than {MAX_DEPTH} deep; split it")
        return self.bounded(self.translate(node, depth), node)

    def translate(self, node: ast.expr, depth: int) -> Any:
        if isinstance(node, ast.Constant):
            return self.number(node)
        if isinstance(node, ast.Name):
            return self.name(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
            inner = self.value(node.operand, depth + 1)
            return -inner if isinstance(node.op, ast.USub) else inner
        if isinstance(node, ast.BinOp):
            if isinstance(node.op, (ast.Add, ast.Sub)):
                return self.chain(node, depth, (ast.Add, ast.Sub))
            if isinstance(node.op, (ast.Mult, ast.Div)):
                return self.chain(node, depth, (ast.Mult, ast.Div))
            if isinstance(node.op, ast.Pow):
                return self.power(node, depth)
            sign = {"BitXor": "^ (a power is **)", "FloorDiv": "//", "Mod": "%", "MatMult": "@"}
            name = type(node.op).__name__
            self.fail(f"uses the operator {sign.get(name, name)}; {_GRAMMAR}")
        if isinstance(node, ast.IfExp):
            return self.choose(node.test, node.body, node.orelse, depth)
        if isinstance(node, ast.Call):
            return self.call(node, depth)
        kinds = {
            ast.Attribute: "uses the attribute",
            ast.Subscript: "uses the subscript",
            ast.Lambda: "uses the function",
            ast.Compare: "uses as a number the comparison",
            ast.BoolOp: "uses as a number the condition",
        }
        what = next((w for kind, w in kinds.items() if isinstance(node, kind)), "uses")
        self.fail(f"{what} {self.token(node)}; {_GRAMMAR}")

    def number(self, node: ast.Constant) -> Any:
        if type(node.value) is int:
            return sympy.Integer(node.value)
        if type(node.value) is float:
            written = ast.get_source_segment(self.text, node) or repr(node.value)
            digits = written.lower().partition("e")[0].strip("0._")
            if math.isinf(node.value) or (node.value == 0 and digits):
                self.fail(f"holds {_short(written, 40)!r}, beyond the range of numbers")
            return _rational(Fraction(written.replace("_", "")))
        self.fail(f"holds {self.token(node)}; {_GRAMMAR}")

    def name(self, node: ast.Name) -> Any:
        if node.id in self.symbols:
            return self.symbols[node.id]
        if node.id in FUNCTIONS:
            self.fail(f"uses {node.id!r} without arguments; write {node.id}(...)")
        hint = suggest(node.id, self.names, see="model.parameters")
        self.fail(f"uses {node.id!r}, which is no parameter; {hint}")

    def chain(self, node: ast.BinOp, depth: int, kinds: tuple[type, type]) -> Any:
        """A run such as a + b - c: read along its left spine, however long it is."""
        parts: list[tuple[bool, ast.expr]] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp) and isinstance(left.op, kinds):
            parts.append((isinstance(left.op, kinds[1]), left.right))
            left = left.left
        terms: list[Any] = []
        if isinstance(left, ast.UnaryOp) and isinstance(left.op, ast.USub) and kinds[0] is ast.Mult:
            # -(x + y)*z is -1 times both: the sign must not be carried into the sum.
            terms, left = [sympy.Integer(-1)], left.operand
        parts.append((False, left))
        for inverted, part in reversed(parts):
            term = self.value(part, depth + 1)
            if inverted and kinds[1] is ast.Div:
                if term == 0:
                    self.fail(f"divides by {self.token(part)}, which is zero")
                term = 1 / term
            terms.append(-term if inverted and kinds[1] is ast.Sub else term)
        return sympy.Add(*terms) if kinds[0] is ast.Add else sympy.Mul(*terms)

    def power(self, node: ast.BinOp, depth: int) -> Any:
        base = self.value(node.left, depth + 1)
        exponent = self.value(node.right, depth + 1)
        if exponent.is_number and not abs(float(exponent)) <= MAX_EXPONENT:
            self.fail(f"raises to {self.token(node.right)}; at most {MAX_EXPONENT} is read")
        if base.is_Rational and exponent.is_Rational:
            if base == 0 and exponent < 0:
                self.fail(f"divides by zero in {self.token(node)}")
            if _bits(base) * abs(exponent) > MAX_BITS:
                self.fail(f"holds {self.token(node)}, a number of too many digits")
        result = base**exponent
        if result.is_Pow and result.exp.is_number and abs(float(result.exp)) > MAX_EXPONENT:
            self.fail(f"raises to {result.exp}; at most {MAX_EXPONENT} is read")
        return result

    def call(self, node: ast.Call, depth: int) -> Any:
        if not isinstance(node.func, ast.Name):
            self.fail(f"calls {self.token(node.func)}; {_GRAMMAR}")
        name = node.func.id
        if name.lower() == "piecewise":
            self.fail(f"calls {name!r}; write where(condition, a, b), nested for more cases")
        if name not in FUNCTIONS:
            self.fail(f"calls {name!r}, which is no function here; {_GRAMMAR}")
        if node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
            self.fail(f"calls {self.token(node)}; give {name} plain arguments")
        low, high, make = FUNCTIONS[name]
        if not low <= len(node.args) <= high:
            wanted = str(low) if low == high else f"{low} to {high}"
            self.fail(f"gives {name} {len(node.args)} arguments; it takes {wanted}")
        if make is None:
            return self.choose(node.args[0], node.args[1], node.args[2], depth)
        result = make(*(self.value(a, depth + 1) for a in node.args))
        if name in {"min", "max"} and len(result.args) > MAX_CHOICES:
            self.fail(f"compares more than {MAX_CHOICES} values in one {name}")
        return result

    def choose(self, test: ast.expr, yes: ast.expr, no: ast.expr, depth: int) -> Any:
        condition = self.condition(test, depth + 1)
        branches = self.value(yes, depth + 1), self.value(no, depth + 1)
        if condition in (sympy.true, sympy.false):
            return branches[0] if condition == sympy.true else branches[1]
        if condition.has(sympy.Piecewise):
            # sympy moves the choices inside a condition outside of it; say so at once, so that
            # what is kept is what is printed.
            condition = _rebuilt(sympy.functions.elementary.piecewise.ExprCondPair(0, condition)[1])
            if condition in (sympy.true, sympy.false):
                return branches[0] if condition == sympy.true else branches[1]
        # Unevaluated: sympy would otherwise solve the condition for its only symbol.
        return sympy.Piecewise((branches[0], condition), (branches[1], True), evaluate=False)

    # ---- conditions --------------------------------------------------------------------

    def condition(self, node: ast.expr, depth: int) -> Any:
        if depth > MAX_DEPTH:
            self.fail(f"is nested more than {MAX_DEPTH} deep; split it")
        if isinstance(node, ast.BoolOp):
            make = sympy.And if isinstance(node.op, ast.And) else sympy.Or
            return make(*(self.condition(v, depth + 1) for v in node.values))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return sympy.Not(self.condition(node.operand, depth + 1))
        if isinstance(node, ast.IfExp):
            parts = (node.test, node.body, node.orelse)
            return sympy.ITE(*(self.condition(p, depth + 1) for p in parts))
        if not isinstance(node, ast.Compare):
            self.fail(f"uses {self.token(node)} as a condition; write a comparison")
        sides = [self.value(v, depth + 1) for v in (node.left, *node.comparators)]
        tests = []
        for op, left, right in zip(node.ops, sides, sides[1:], strict=False):
            if type(op) not in _COMPARISONS:
                self.fail(f"compares by {type(op).__name__!r}; use < <= > >= == !=")
            tests.append(_COMPARISONS[type(op)](left, right))
        return sympy.And(*tests)

    # ---- bounds ------------------------------------------------------------------------

    def bounded(self, result: Any, node: ast.expr) -> Any:
        """Refuse constants that are not finite real numbers of moderate size."""
        if result.is_Rational:
            if _bits(result) > MAX_BITS:
                self.fail(f"holds {self.token(node)}, a number of too many digits")
        elif result.is_number:
            try:
                size = float(result)
            except (TypeError, OverflowError, ValueError):
                size = math.nan
            if not math.isfinite(size):
                self.fail(f"holds {self.token(node)}, which is no finite real number")
        return result


def _rebuilt(condition: Any) -> Any:
    """The same condition with every part evaluated."""
    if condition.is_Atom:
        return condition
    return condition.func(*(_rebuilt(a) for a in condition.args))


_COMPARISONS: dict[type, Any] = {
    ast.Lt: sympy.StrictLessThan,
    ast.LtE: sympy.LessThan,
    ast.Gt: sympy.StrictGreaterThan,
    ast.GtE: sympy.GreaterThan,
    ast.Eq: sympy.Eq,
    ast.NotEq: sympy.Ne,
}

FUNCTIONS: dict[str, tuple[int, int, Callable[..., Any] | None]] = {
    "min": (2, MAX_CHOICES, sympy.Min),
    "max": (2, MAX_CHOICES, sympy.Max),
    "abs": (1, 1, sympy.Abs),
    "sqrt": (1, 1, sympy.sqrt),
    "exp": (1, 1, sympy.exp),
    "log": (1, 1, sympy.log),
    "where": (3, 3, None),
}
"""Function names of the language: fewest and most arguments, and what they build."""


def exact_number(value: object) -> Fraction:
    """Read a number exactly; a float counts as its shortest decimal, so 0.1 is one tenth.

    Accepts int, Fraction, float, sympy rationals and floats, numpy scalars and text such as
    ``"0.1"`` or ``"1/3"``.

    Raises
    ------
    FormulaError
        If text does not spell a number of moderate size, or the value is not finite.
    HedgingTypeError
        If the value is no real number.

    Examples
    --------
    >>> exact_number(0.757)
    Fraction(757, 1000)
    """
    if isinstance(value, (bool, complex)) or type(value).__name__ == "bool":
        msg = f"{value!r} is no real number; give an int, a float, a Fraction or text like '0.1'"
        raise HedgingTypeError(msg)
    if isinstance(value, (int, Fraction)):
        return Fraction(value)
    if isinstance(value, str):
        return _number_from_text(value)
    if isinstance(value, sympy.Rational):
        return Fraction(int(value.p), int(value.q))
    try:
        size = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        msg = f"{_short(repr(value), 40)} is no real number; give an int, a float or a Fraction"
        raise HedgingTypeError(msg) from None
    if not math.isfinite(size):
        msg = f"{value!r} is no finite number; give a finite one"
        raise FormulaError(msg)
    # repr is the shortest decimal that reads back as the same number, in its own precision.
    shortest = repr(size) if isinstance(value, float) or not hasattr(value, "dtype") else str(value)
    return Fraction(shortest)


def _number_from_text(text: str) -> Fraction:
    # Fraction("1e999999999") would fill the memory before it could be judged.
    _, _, power = text.lower().partition("e")
    try:
        if len(text) <= MAX_BITS and (not power or abs(int(power)) <= MAX_EXPONENT):
            return Fraction(text)
    except (ValueError, ZeroDivisionError):
        pass
    msg = f"{_short(text, 40)!r} is no number; write it like '0.1' or '1/3'"
    raise FormulaError(msg)


def _rational(value: Fraction) -> Any:
    return sympy.Rational(value.numerator, value.denominator)


def _bits(number: Any) -> int:
    return int(max(abs(int(number.p)).bit_length(), int(number.q).bit_length()))


def _short(text: str, length: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 3] + "..."


class _Printer(StrPrinter):  # type: ignore[misc]
    """Writes the language of this module; sympy's own text differs in a few words."""

    def _call(self, name: str, args: Iterable[Any]) -> str:
        return f"{name}({', '.join(self._print(a) for a in args)})"

    def _print_Max(self, e: Any) -> str:
        return self._call("max", sorted(e.args, key=sympy.default_sort_key))

    def _print_Min(self, e: Any) -> str:
        return self._call("min", sorted(e.args, key=sympy.default_sort_key))

    def _print_Abs(self, e: Any) -> str:
        return self._call("abs", e.args)

    def _print_Exp1(self, _: Any) -> str:
        return "exp(1)"

    def _print_Piecewise(self, e: Any) -> str:
        *cases, (last, condition) = e.args
        if condition != sympy.true:
            msg = f"piecewise formula {e} leaves a case open; end it with a value for 'otherwise'"
            raise FormulaError(msg)
        result = str(self._print(last))
        for value, test in reversed(cases):
            result = f"where({self._print(test)}, {self._print(value)}, {result})"
        return result

    def _print_Relational(self, e: Any) -> str:
        sign = {"==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}[e.rel_op]
        return f"{self._print(e.lhs)} {sign} {self._print(e.rhs)}"

    def _print_And(self, e: Any) -> str:
        return self._join("and", e)

    def _print_Or(self, e: Any) -> str:
        return self._join("or", e)

    def _print_Not(self, e: Any) -> str:
        return f"not ({self._print(e.args[0])})"

    def _print_ITE(self, e: Any) -> str:
        test, yes, no = (f"({self._print(a)})" for a in e.args)
        return f"{yes} if {test} else {no}"

    def _join(self, word: str, e: Any) -> str:
        parts = sorted(e.args, key=sympy.default_sort_key)
        return f" {word} ".join(f"({self._print(p)})" for p in parts)


def to_text(expression: Any) -> str:
    """Write an expression in the language of this module; :func:`parse` reads it back.

    Examples
    --------
    >>> x, y = sympy.symbols("x y")
    >>> to_text(sympy.Max(x, y) / 2 + sympy.sqrt(x))
    'sqrt(x) + max(x, y)/2'
    """
    exact = {f: _rational(exact_number(f)) for f in expression.atoms(sympy.Float)}
    return str(_Printer({"order": None}).doprint(expression.xreplace(exact)))
