# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads from the code which failures there are: each with its code, its texts, and the file that makes it.

What is known only while a program runs (a path, the system's own words) is an ellipsis in a text.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import agent_contract
from environment import ROOT

PLUGINS = ROOT / "plugins"
AGENT = PLUGINS / "plugin_utils" / "agent"
UNKNOWN = "…"

_PACKAGE = "ansible_collections.identityops.groupid."
_CAUSES = ("cause", "meaning", "text")
_NEXT_STEPS = ("next", "next_step")
_CONSTANT = re.compile(r"\bconst string (\w+) = (.+?);[ \t]*(?://.*)?$", re.MULTILINE | re.DOTALL)

_TEXT = re.compile(r'@"[^"]*"|"(?:[^"\\]|\\.)*"')


@dataclass(frozen=True, order=True)
class Entry:
    """One failure that the code can make. place: the file, below the repository."""

    code: str
    what: str
    cause: str
    next: str
    place: str


def entries() -> list[Entry]:
    """Every failure of agent and controller, in order."""
    return sorted({*agent_entries(), *python_entries()})


def agent_entries() -> Iterator[Entry]:
    """The failures that the agent's C# makes."""
    for path in sorted(AGENT.rglob("*.cs")):
        text = agent_contract.unwrapped(path.read_text(encoding="utf-8"))
        constants = {name: _csharp_text(value, {}) for name, value in _CONSTANT.findall(text)}
        for made in re.finditer(r"\bnew AgentError\(", text):
            code, what, _path, cause, step, *_component = agent_contract.arguments(text[made.end() :])
            for known in _agent_codes(code, constants, text):
                texts = (_csharp_text(expression, constants) for expression in (what, cause, step))
                yield Entry(known, *texts, place=str(path.relative_to(ROOT)))


def _agent_codes(expression: str, constants: Mapping[str, str], text: str) -> list[str]:
    """The codes that an expression may be: a text, a constant, or what callers hand to a parameter."""
    if expression.startswith('"'):
        return [expression.strip('"')]
    if expression in constants:
        return [constants[expression]]
    if re.fullmatch(r"code|differs", expression):
        return sorted(set(re.findall(r'"(\w+_differs)"', text)))
    return []  # the code of another failure


def _csharp_text(expression: str, constants: Mapping[str, str]) -> str:
    """What an expression of texts joined by + says, with an ellipsis for what is no text."""
    parts = []
    for part in _joined(expression):
        if part.startswith('"') and part.endswith('"'):
            parts.append(re.sub(r"\\(.)", r"\1", part[1:-1]))
        else:
            sentence = re.search(r'\(.*"([A-Z][^"]+\.)"\)\Z', part)  # what a method says where it knows no better
            parts.append(sentence[1] if sentence else constants.get(part, UNKNOWN))
    return _tidy("".join(parts))


def _joined(expression: str) -> list[str]:
    """Cut an expression at its plus signs, outside of texts and parentheses. One with a choice is a part as a whole."""
    parts, depth, start, at = [], 0, 0, 0
    while at < len(expression):
        if text := _TEXT.match(expression, at):
            at = text.end()
            continue
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(expression[at], 0)
        if depth == 0 and expression[at] == "?":
            return _choices(expression)
        if depth == 0 and expression[at] == "+":
            parts.append(expression[start:at].strip())
            start = at + 1
        at += 1
    return [*parts, expression[start:].strip()]


def _choices(expression: str) -> list[str]:
    """Of a choice, its first text: the others say the same of another case."""
    choices = re.split(r"\s\?\s|\s:\s|\?\?", expression)
    texts = [choice.strip() for choice in choices if choice.strip().startswith('"')]
    return _joined(texts[0]) if texts else [UNKNOWN]


# The controller -------------------------------------------------------------------------------------------------------


@functools.cache
def python_entries() -> tuple[Entry, ...]:
    """The failures that the Python of the collection makes."""
    modules = _modules()
    return tuple(entry for module in modules.values() for entry in module.entries(modules))


def unresolved() -> set[tuple[str, str]]:
    """Return where a failure is made with a code that this program cannot find out: file and expression."""
    modules = _modules()
    return {place for module in modules.values() for place in module.unresolved(modules)}


@functools.cache
def _modules() -> dict[str, _Module]:
    paths = sorted(path for path in PLUGINS.rglob("*.py") if path.parent != PLUGINS / "doc_fragments")
    return {_name(path): _Module(path) for path in paths}


def _name(path: Path) -> str:
    return _PACKAGE + ".".join(path.relative_to(ROOT).with_suffix("").parts)


class _Module:
    """A Python file: its constants, imports, functions and classes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self.constants: dict[str, ast.expr] = {}
        self.imports: dict[str, tuple[str, str]] = {}
        self.callables: dict[str, ast.FunctionDef | ast.ClassDef] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                for name in node.names:
                    self.imports[name.asname or name.name] = (node.module, name.name)
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                self.callables.setdefault(node.name, node)
        for node in self.tree.body:
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            if isinstance(target, ast.Name) and getattr(node, "value", None) is not None:
                self.constants[target.id] = node.value  # type: ignore[attr-defined]

    def entries(self, modules: Mapping[str, _Module]) -> Iterator[Entry]:
        for function, call in self._calls():
            made = _Made(self, modules, function).of(call, {})
            codes = made.get("code", []) if made else []
            for number, code in enumerate(codes):
                if UNKNOWN in code:  # with a number of the system's behind it
                    continue
                texts = (_one(made or {}, number, len(codes), *names) for names in (("what",), _CAUSES, _NEXT_STEPS))
                yield Entry(code, *texts, place=str(self.path.relative_to(ROOT)))

    def unresolved(self, modules: Mapping[str, _Module]) -> Iterator[tuple[str, str]]:
        for function, call in self._calls():
            reader = _Made(self, modules, function)
            made, code = reader.of(call, {}), reader.argument(call, "code")
            known = made is None or set(made.get("code", [])) - {UNKNOWN}
            if code is not None and not known and not _is_parameter(function, code):
                yield self.path.name, ast.unparse(code)

    def find(self, name: str, modules: Mapping[str, _Module]) -> tuple[_Module, ast.FunctionDef | ast.ClassDef] | None:
        """What a name calls, here or where it is imported from."""
        if name in self.callables:
            return self, self.callables[name]
        module, original = self.imports.get(name, ("", ""))
        return modules[module].find(original, modules) if module in modules else None

    def _calls(self) -> Iterator[tuple[ast.FunctionDef | None, ast.Call]]:
        def visit(node: ast.AST, function: ast.FunctionDef | None) -> Iterator[tuple[ast.FunctionDef | None, ast.Call]]:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.Call):
                    yield function, child
                yield from visit(child, child if isinstance(child, ast.FunctionDef) else function)

        yield from visit(self.tree, None)


class _Made:
    """Calls in one function that make a failure, and what they say."""

    def __init__(
        self,
        module: _Module,
        modules: Mapping[str, _Module],
        function: ast.FunctionDef | None,
        line: int = 0,
        call: ast.Call | None = None,
    ) -> None:
        """line: of a return: of several assignments to a name, the last one before it counts. call: of the function."""
        self._line = line
        self._call = call
        self._module = module
        self._modules = modules
        self._function = function

    def of(self, call: ast.Call, given: Mapping[str, list[str]]) -> dict[str, list[str]] | None:
        """The fields of the failure that a call makes, each with the texts that it may have; None where it makes none.

        given: texts of the function's own parameters.
        """
        callee = self._callee(call)
        names = self._signature(callee) if callee else []
        if callee is None or "code" not in names:
            return None
        passed = {
            name: self._texts(value, given)
            for name, value in self._arguments(call, names)
            if not isinstance(value, ast.Starred)
        }
        inner = _inner(callee[1])
        if inner is None:
            return passed if set(names) & set(_NEXT_STEPS) else None
        return _Made(callee[0], self._modules, inner[0]).of(inner[1], passed)

    def argument(self, call: ast.Call, wanted: str) -> ast.expr | None:
        callee = self._callee(call)
        names = self._signature(callee) if callee else []
        return dict(self._arguments(call, names)).get(wanted)

    def _callee(self, call: ast.Call) -> tuple[_Module, ast.FunctionDef | ast.ClassDef] | None:
        name = ast.unparse(call.func)
        if name == "super().__init__":
            name = self._base()
        return self._module.find(name.removeprefix("self.").removeprefix("cls."), self._modules)

    def _base(self) -> str:
        """The base of the class whose function this is; empty where there is none."""
        classes = [node for node in ast.walk(self._module.tree) if isinstance(node, ast.ClassDef)]
        return next((ast.unparse(one.bases[0]) for one in classes if self._function in one.body and one.bases), "")

    def _signature(self, callee: tuple[_Module, ast.FunctionDef | ast.ClassDef]) -> list[str]:
        """Names of the parameters of a function, of a class's constructor, or of a dataclass's fields."""
        module, node = callee
        if isinstance(node, ast.FunctionDef):
            return _parameters(node)
        for one in node.body:
            if isinstance(one, ast.FunctionDef) and one.name == "__init__":
                return _parameters(one)
        base = module.find(ast.unparse(node.bases[0]), self._modules) if node.bases else None
        fields = [ast.unparse(one.target) for one in node.body if isinstance(one, ast.AnnAssign)]
        return [*(self._signature(base) if base else []), *fields]

    def _arguments(self, call: ast.Call, names: list[str]) -> list[tuple[str, ast.expr]]:
        placed = list(zip(names, call.args, strict=False))
        return [*placed, *((keyword.arg, keyword.value) for keyword in call.keywords if keyword.arg)]

    def _texts(self, node: ast.expr, given: Mapping[str, list[str]]) -> list[str]:
        """Return the texts that an expression may be; none if only a part of one is known."""
        if isinstance(node, ast.Constant):
            return [str(node.value)] if isinstance(node.value, str) else []
        if isinstance(node, ast.IfExp):
            return [*self._texts(node.body, given), *self._texts(node.orelse, given)]
        if isinstance(node, ast.JoinedStr):
            return [_tidy("".join(self._piece(part, given) for part in node.values))]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self._texts(node.left, given), self._texts(node.right, given)
            return [_tidy(f"{(left or [UNKNOWN])[0]}{(right or [UNKNOWN])[0]}")] if left or right else []
        if isinstance(node, ast.Name):
            return self._named(node.id, given)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            return self._texts(node.args[0], given)  # a function that adds to a text
        return []

    def _piece(self, part: ast.expr, given: Mapping[str, list[str]]) -> str:
        if isinstance(part, ast.Constant):
            return str(part.value)
        inside = part.value if isinstance(part, ast.FormattedValue) else part
        return (self._texts(inside, given) or [UNKNOWN])[0]

    def _named(self, name: str, given: Mapping[str, list[str]]) -> list[str]:
        if name in given:
            return given[name]
        known = {**given, name: []}  # a text that is made of itself
        found = [(made, value) for target, made, value in self._assigned() if target == name]
        if self._line:
            found = sorted((one for one in found if one[1].lineno < self._line), key=lambda one: one[1].lineno)[-1:]
        assigned = [made._texts(value, known if made is self else self._passed(made, known)) for made, value in found]
        if len(assigned) == 1:
            return assigned[0]
        if assigned:
            return [text for texts in assigned for text in texts or [UNKNOWN]]
        if name in self._module.constants:
            return self._texts(self._module.constants[name], {})
        module, original = self._module.imports.get(name, ("", ""))
        if module in self._modules:
            return _Made(self._modules[module], self._modules, None)._named(original, {})
        return []

    def _passed(self, callee: _Made, given: Mapping[str, list[str]]) -> dict[str, list[str]]:
        """What the parameters of a function are that is called here."""
        if callee._call is None or callee._function is None:
            return {}
        arguments = self._arguments(callee._call, _parameters(callee._function))
        return {name: self._texts(value, given) for name, value in arguments}

    def _assigned(self) -> Iterator[tuple[str, _Made, ast.expr]]:
        """Every assignment to a name in the function, those of several at once too, and where its value stands."""
        for node in ast.walk(self._function) if self._function else ():
            for target in node.targets if isinstance(node, ast.Assign) else ():
                if isinstance(target, ast.Name):
                    yield target.id, self, node.value
                elif isinstance(target, ast.Tuple):
                    for made, values in self._rows(node.value):
                        yield from (
                            (ast.unparse(one), made, value) for one, value in zip(target.elts, values, strict=False)
                        )

    def _rows(self, value: ast.expr) -> Iterator[tuple[_Made, list[ast.expr]]]:
        """What is assigned to several names at once: values, or what a function of the module returns."""
        callee = self._callee(value) if isinstance(value, ast.Call) else None
        if isinstance(value, ast.Tuple):
            yield self, value.elts
        elif callee and isinstance(callee[1], ast.FunctionDef):
            for node in ast.walk(callee[1]):
                if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
                    yield _Made(callee[0], self._modules, callee[1], node.lineno, value), node.value.elts


def _inner(node: ast.FunctionDef | ast.ClassDef) -> tuple[ast.FunctionDef, ast.Call] | None:
    """The call in a function, or in a class's constructor, that hands its parameter `code` on."""
    functions = [node] if isinstance(node, ast.FunctionDef) else node.body
    for function in functions:
        if isinstance(function, ast.FunctionDef) and "code" in _parameters(function):
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and _hands_on(call) and _is_failure(node, call):
                    return function, call
    return None


def _hands_on(call: ast.Call) -> bool:
    values = [*call.args, *(one.value for one in call.keywords)]
    return len(values) > 1 and any(isinstance(one, ast.Name) and one.id == "code" for one in values)


def _is_failure(node: ast.FunctionDef | ast.ClassDef, call: ast.Call) -> bool:
    """Whether a call makes a failure: not one of an exception's own constructor, which keeps what it is given."""
    return ast.unparse(call.func) != "super().__init__" or [ast.unparse(base) for base in node.bases] != ["Exception"]


def _parameters(function: ast.FunctionDef) -> list[str]:
    names = [one.arg for one in [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]]
    return [name for name in names if name not in ("self", "cls")]


def _is_parameter(function: ast.FunctionDef | None, node: ast.expr) -> bool:
    return function is not None and isinstance(node, ast.Name) and node.id in _parameters(function)


def _one(made: Mapping[str, list[str]], number: int, count: int, *names: str) -> str:
    """The text that goes with one of several codes: where there are as many of them, the one in its place."""
    texts = next((made[name] for name in names if made.get(name)), [UNKNOWN])
    return texts[number if len(texts) == count else 0] or UNKNOWN


def _tidy(text: str) -> str:
    """One line, with one ellipsis where several values stand side by side."""
    return re.sub(rf"{UNKNOWN}(?:\s*{UNKNOWN})+", UNKNOWN, " ".join(text.split()) if "\n" in text else text)
