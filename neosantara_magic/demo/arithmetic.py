"""Sums in a prompt: ``what is 12 * 7?``, ``berapa 3 x 4``.

For: one expression of numbers and operators, computed exactly.
Not for: words as operators inside a sentence, and no names, calls or huge powers: it parses, it does not run.
"""

from __future__ import annotations

import ast
import operator
import re

from .words import Language

_EXPRESSION = re.compile(r"(?<![\w.])\(?-?\d[\d\s.+\-*/x×÷^()%]*\d\)?(?![\w])")
_ASKS = re.compile(
    r"^\W*(?:please\s+|tolong\s+)?(?:what(?:'s| is)|how much is|calculate|compute|evaluate|berapa(?:kah)?|"
    r"hitung(?:lah)?)?\s*(?:hasil\s+)?",
    re.IGNORECASE,
)
_OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.FloorDiv: operator.floordiv,
    ast.Pow: operator.pow,
}
_LARGEST_POWER = 64
_LONGEST = 200
"""Characters of an expression."""


def expression(text: str) -> str:
    """Return the first arithmetic expression of a text in Python's spelling; empty when there is none."""
    for found in _EXPRESSION.finditer(text):
        if re.search(r"\d\s*[-+*/x×÷^%]+\s*[-(]?\d", found.group()) and not re.fullmatch(r"[\d-]+", found.group()):
            return re.sub(r"[x×]", "*", found.group()).replace("÷", "/").replace("^", "**").strip()
        if re.search(r"\d\s+-\s+\d|^\d+-\d+$", found.group()):
            return found.group().strip()
    return ""


def value_of(written: str) -> int | float | None:
    """Return the value of an expression; None when it is not one, or has none."""
    if len(written) > _LONGEST:
        return None
    try:
        result = _value(ast.parse(written, mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError, OverflowError, RecursionError):
        return None
    return int(result) if isinstance(result, float) and result.is_integer() else result


def _value(node: ast.expr) -> int | float:
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        left, right = _value(node.left), _value(node.right)
        if isinstance(node.op, ast.Pow) and (abs(right) > _LARGEST_POWER or abs(left) > 10**6):
            raise ValueError("too large")
        result: int | float = _OPERATORS[type(node.op)](left, right)
        return result
    raise ValueError("not arithmetic")


def solved(prompt: str, language: Language) -> str:
    """Answer a prompt that is one sum and nothing else; empty otherwise."""
    written = expression(prompt)
    rest = _ASKS.sub("", prompt, count=1).strip(" ?=.!\n")
    if not written or len(rest) > len(written) + 4:
        return ""
    value = value_of(written)
    if value is None:
        return ""
    shown = f"{value:.6g}" if isinstance(value, float) else str(value)
    return f"`{written}` = **{shown}**" if language == "en" else f"Hasil `{written}` adalah **{shown}**"
