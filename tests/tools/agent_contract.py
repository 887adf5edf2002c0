# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the agent's C# says of its contract: each operation with its members and codes, and the phases of a job.

It follows the calls from an operation's line in Program.cs. A call on an object whose type the text does not show
leads to every member of that name in the types that are in use so far: an operation may get a code too many, and none
too few.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

ENTRY = "Program"
WHOLE_REQUEST = "request"
"""The name that the agent's code gives to a request; the objects inside of one have other names."""

_TEXT = re.compile(r'@"(?:[^"]|"")*"|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'')
_COMMENT = re.compile(r"(?m)(?<![:\"])//[^\n\"]*$|^\s*//[^\n]*$")
_TYPE = re.compile(
    r"^ {4}(?:(?:public|internal|sealed|static|abstract|unsafe)\s+)*(?:class|struct|interface|enum)\s+(\w+)",
    re.MULTILINE,
)
_MEMBER = re.compile(r"^ {8}(?![{}\s\[#/])", re.MULTILINE)
_GENERIC = re.compile(r"<[^<>()]*>")
_NAME = re.compile(r"(\w+)\s*(?:\(|=|;|,|\{|$)")
_CASE = re.compile(
    r'case "(?P<operation>\w+)": return (?P<line>(?:new (?P<made>\w+)\(.*?\)|(?P<type>\w+))\.(?P<name>\w+)\(.*\);)'
)
_READ = re.compile(
    r"\b(?P<of>\w+)(?:\.(?:Text|TextOrNull|Flag|Number|NumberOr|Amount|MapOrEmpty|Texts|Maps)\(|\[)"
    r'(?:"(?P<name>\w+)"|(?P<constant>[A-Z]\w+)[\])])'
)
_BELOW = re.compile(r'\bBelow\((?P<of>\w+), "(?P<name>\w+)"(?P<constant>)\)')
_DECLARED = re.compile(
    r"(?<![\w.])(?!(?:throw|return|new|else|in|is|as|out|ref|case) )"  # the words of C# that stand before a name
    r"([A-Za-z_]\w*(?:<[^;(){}]*?>)?(?:\[\])?\??) (\w+)(?=\s*(?:=|;|,|\)|\(|\{|\bin\b|$))",
    re.MULTILINE,
)
_CHAIN = re.compile(r"(?<![\w.])((?:[A-Za-z_]\w*|(?<=[)\]])\s*)(?:\.\w+)*)")
_CODE = re.compile(r'\bnew AgentError\("(\w+)"')
_KEPT = re.compile(
    r"^(?P<indent> +)catch \((?:AgentError|Exception)\b[^\n]*\n(?P=indent)\{\n(?P<body>.*?)^(?P=indent)\}",
    re.MULTILINE | re.DOTALL,
)
_GOES_ON = re.compile(r"(?:[=+?]|&&|\|\|)\s*$")
_FOLLOWS = re.compile(r"\s*(?:[.?+]|:\s|&&|\|\|)")
_UNKNOWN = "?"
_PASSED_ON = re.compile(r"\bthrow;|Failure\b|\bref first\b")


@dataclass(frozen=True)
class Member:
    """One method, property or field: its type, its name, whether it is static, and its text."""

    type: str
    name: str
    is_static: bool
    text: str


@dataclass
class Operation:
    """What one operation reads from its request, sets in its answer, and says when it fails."""

    request: set[str] = field(default_factory=set)
    answer: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)


class Agent:
    """The agent's members. files: name -> text."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._members: dict[str, dict[str, list[Member]]] = {}
        self._known_calls: dict[Member, tuple[list[Member], set[str], set[str]]] = {}
        for text in files.values():
            for member in _members_of(unwrapped(text)):
                self._members.setdefault(member.type, {}).setdefault(member.name, []).append(member)

    def operations(self) -> list[str]:
        """The operations that the entry knows."""
        return [case["operation"] for case in self._cases()]

    def operation(self, name: str) -> Operation:
        """One operation, without what holds for any."""
        [case] = [case for case in self._cases() if case["operation"] == name]
        found, everywhere = self._operation((case["made"] or case["type"], case["name"]), case["line"]), self.everywhere
        return Operation(
            found.request - everywhere.request, found.answer - everywhere.answer, found.codes - everywhere.codes
        )

    def _cases(self) -> list[re.Match[str]]:
        return [*_CASE.finditer(self._members[ENTRY]["Perform"][0].text)]

    @functools.cached_property
    def everywhere(self) -> Operation:
        """What the entry itself does for every request."""
        known = self._operation(("StateFolder", "Of"))
        known.request |= self.read_by(ENTRY, "map") | {"network"}
        known.answer |= self.set_by("Answer", "ToText")
        for member in [*self._members["AgentError"]["Of"], *self._members[ENTRY]["IdentityOf"]]:
            known.codes |= self._codes(member)
        return known

    def _operation(self, start: tuple[str, str], line: str = "") -> Operation:
        """Return what a member and all that it calls read and answer. line: the entry's own, which may read it too."""
        reached = self._reached(start)
        failing = self._reached(start, failing=True)
        return Operation(
            {name for member in reached for name in self._read(member, reached)}
            | {found["name"] for found in _READ.finditer(line)},
            {name for text in self._answering(reached) for name in _answered(text)},
            {code for member in failing for code in self._codes(member)},
        )

    def _read(self, member: Member, reached: set[Member]) -> Iterator[str]:
        """Members of the request that a text reads, whatever name the request has in it."""
        reads = [*_READ.finditer(member.text), *_BELOW.finditer(member.text)]
        names = {WHOLE_REQUEST}
        if any(found["of"] != WHOLE_REQUEST for found in reads):
            names |= {self._handed(member, caller) for caller in reached if f"{member.name}(" in caller.text}
        for found in reads:
            if found["of"] in names:
                yield found["name"] or self._constant(member.type, found["constant"])

    def _handed(self, member: Member, caller: Member) -> str:
        """The name that a request has in a member that a caller hands it to."""
        head = re.search(rf"\b{member.name}\(", member.text)
        call = re.search(rf"\b{member.type}\.{member.name}\(|(?<![\w.]){member.name}\(", caller.text)
        if not head or not call or (member.type != caller.type and "." not in call[0]):
            return WHOLE_REQUEST
        given = arguments(caller.text[call.end() :])
        parameters = arguments(member.text[head.end() :])
        if WHOLE_REQUEST not in given or len(given) > len(parameters):
            return WHOLE_REQUEST
        return parameters[given.index(WHOLE_REQUEST)].split()[-1]

    def _constant(self, type_name: str, name: str) -> str:
        return re.findall(r'"(\w+)"', self._members[type_name][name][0].text)[0]

    def _answering(self, reached: set[Member]) -> list[str]:
        """Texts that set members of the answer: in the answer itself, or in what a text that does so hands to them."""
        texts = [member.text for member in reached if re.search(r"\b[aA]nswer\.Members\b", member.text)]
        handed = {name for text in texts for name in re.findall(r"\b(\w+)\(answer\.Members\b", text)}
        more = [
            member.text
            for member in reached
            if member.name in handed and re.search(r"\(JsonMap (answer|members)\b", member.text)
        ]
        further = {name for text in more for name in re.findall(r"\b(\w+)\((?:answer|members)\b", text)} - handed
        last = [member.text for member in reached if member.name in further and "JsonMap members" in member.text]
        return [*texts, *more, *last]

    def codes(self) -> set[str]:
        """Each code that some member gives, whatever the operation."""
        return {code for member in self._all() for code in self._codes(member)}

    def phases(self) -> set[str]:
        """The phases of which a job at work can tell."""
        begun = {name for member in self._all() for name in re.findall(r'\bProgress\.Begin\("(\w+)"', member.text)}
        return begun | set(re.findall(r'"(\w+)"', self._members["Progress"]["phase"][0].text))

    def read_by(self, type_name: str, variable: str) -> set[str]:
        """Members that a type reads from an object that its code calls by one name: that of a nested object."""
        texts = [member.text for members in self._members[type_name].values() for member in members]
        return {
            found["name"]
            for text in texts
            for found in _READ.finditer(text)
            if found["of"] == variable and found["name"]
        }

    def set_by(self, type_name: str, *names: str) -> set[str]:
        """Members that some methods of a type set in the objects that they make."""
        texts = [member.text for name in names for member in self._members[type_name][name]]
        return {name for text in texts for name in re.findall(r'\.Set\("(\w+)",', text)}

    def constants(self, type_name: str, *names: str) -> set[str]:
        """The texts of constants of a type, each row of them by the name of its first one."""
        return {text for name in names for text in re.findall(r'"([\w-]+)"', self._members[type_name][name][0].text)}

    def cases(self, type_name: str, name: str) -> set[str]:
        """The words that a method tells apart in a switch."""
        return set(re.findall(r'\bcase "(\w+)":', self._members[type_name][name][0].text))

    def _all(self) -> Iterator[Member]:
        for members in self._members.values():
            for overloads in members.values():
                yield from overloads

    def _codes(self, member: Member) -> set[str]:
        """Codes in a member: named where an AgentError is made, by a constant, or handed to a parameter for one."""
        codes = set(_CODE.findall(member.text))
        for name in re.findall(r"\bnew AgentError\(([A-Z]\w+)", member.text):
            codes.add(self._constant(member.type, name))
        for name, place in self._code_parameters(member.type):
            for call in re.finditer(rf"(?<![\w.]){name}\(", member.text):
                given = arguments(member.text[call.end() :])
                if len(given) > place and re.fullmatch(r'"\w+"', given[place]):
                    codes.add(given[place].strip('"'))
        return codes

    def _code_parameters(self, type_name: str) -> Iterator[tuple[str, int]]:
        """Methods of a type with a parameter that becomes a code: the name, and which parameter."""
        for overloads in self._members[type_name].values():
            for member in overloads:
                head = re.match(rf"[^(]*\b{member.name}\(", member.text)
                if head and re.search(r"\bstring (code|differs)\b", member.text) and type_name != "AgentError":
                    for place, parameter in enumerate(arguments(member.text[head.end() :])):
                        if parameter in ("string code", "string differs"):
                            yield member.name, place

    def _reached(self, start: tuple[str, str], failing: bool = False) -> set[Member]:
        """Everything that a member may call, itself included.

        failing: only what may give it a failure, with the texts without what is tried and whose failure is kept back.
        """
        reached: set[Member] = set()
        live: set[str] = set()
        called: set[str] = set()
        waiting = list(self._members[start[0]][start[1]])
        if not all(member.is_static for member in waiting):
            waiting += self._made(start[0])
        live.add(start[0])
        while waiting:
            member = waiting.pop()
            if failing:
                member = replace(member, text=self._without_handed(_unkept(member.text)))
            if member in reached:
                continue
            reached.add(member)
            direct, types, names = self._called(member)
            waiting += direct
            new = {(kind, name) for kind in types - live for name in called | names}
            new |= {(kind, name) for kind in live for name in names - called}
            live |= types
            called |= names
            for kind, name in new:
                waiting += [one for one in self._members[kind].get(name, []) if not one.is_static]
        return reached

    @functools.cached_property
    def _keepers(self) -> set[str]:
        """Methods that perform what they are handed, and keep its failures back."""
        return {
            member.name
            for member in self._all()
            for act in re.findall(r"\(Action (\w+)\)", member.text)
            if f"{act}();" in member.text and f"{act}();" not in _unkept(member.text)
        }

    def _without_handed(self, text: str) -> str:
        """A text without what it hands to one that keeps failures back."""
        for call in re.finditer(rf"\b(?:{'|'.join(self._keepers)})\(", text):
            ended = call.end() + _length(text[call.end() :])
            text = text[: call.end()] + re.sub(r"[^\n]", " ", text[call.end() : ended - 1]) + text[ended - 1 :]
        return text

    def _made(self, type_name: str) -> list[Member]:
        """What runs when an object is made: constructors, and fields with a value."""
        return [
            member
            for name, members in self._members[type_name].items()
            for member in members
            if name == type_name or re.search(r"^[^({]*=", member.text)
        ]

    def _called(self, member: Member) -> tuple[list[Member], set[str], set[str]]:
        if member not in self._known_calls:
            self._known_calls[member] = self._calls(member)
        return self._known_calls[member]

    def _calls(self, member: Member) -> tuple[list[Member], set[str], set[str]]:
        """The members that a text names for sure, the types that it uses, and the names it calls on other objects."""
        code = _TEXT.sub('""', member.text)
        kinds = {name: kind for kind, name in _DECLARED.findall(code)}
        direct: list[Member] = []
        types: set[str] = set()
        names: set[str] = set()
        for found in _CHAIN.finditer(code):
            before = code[: found.start()].rstrip()
            if found[1].startswith("."):
                kind = self._given(before, kinds, member.type)
            elif re.search(r"\bnew$", before):
                kind, made = found[1], self._members.get(found[1])
                direct += self._made(kind) if made else []
                types |= {kind} if made else set()
                continue
            else:
                kind = self._begun(found[1], kinds, member.type, code[found.end() : found.end() + 1])
            for name in self._steps(found[1], kind, kinds, member.type):
                if kind == _UNKNOWN:
                    names.add(name)
                    break
                if kind not in self._members:
                    break
                types.add(kind)
                direct += self._members[kind].get(name, [])
                kind = self._kind(kind, name)
        return direct, types, names

    def _begun(self, chain: str, kinds: Mapping[str, str], own: str, following: str) -> str:
        """The type of what a chain of names begins with: a variable, a type, or a member of its own type."""
        word, dummy, others = chain.partition(".")
        is_call = following == "(" and not others
        if following == "<" and not others:
            return ""
        if word in kinds and not is_call:
            return kinds[word]
        return own if word in self._members[own] and (is_call or word not in self._members) else word

    def _steps(self, chain: str, kind: str, kinds: Mapping[str, str], own: str) -> list[str]:
        """The names of a chain that are members: without the first one where that is a variable or a type."""
        first, *others = chain.split(".")
        names_a_member = first in self._members[own] and not (others and (first in kinds or first in self._members))
        return [first, *others] if kind == own and names_a_member else others

    def _kind(self, type_name: str, name: str) -> str:
        """The type of a member, as its declaration has it: the word before its name."""
        texts = [member.text for member in self._members[type_name].get(name, [])[:1]]
        return next((kind for text in texts for kind, declared in _DECLARED.findall(text) if declared == name), "")

    def _given(self, before: str, kinds: Mapping[str, str], own: str) -> str:
        """The type of what a call gives, where its last parenthesis stands at the end of a text."""
        if not before.endswith(")"):
            return _UNKNOWN
        depth, at = 0, len(before)
        while depth or at == len(before):
            at -= 1
            depth += {")": 1, "(": -1}.get(before[at], 0)
        made = re.search(r"\bnew (\w+)(?:<.*>)?$", before[:at])
        if made:
            return made[1]
        further = re.search(r"\)\s*((?:\.\w+)+)$", before[:at])
        called = re.search(r"(?<![\w.])(\w+(?:\.\w+)*)$", before[:at])
        if further:  # a call on what another call gives
            kind, names = self._given(before[: further.start() + 1], kinds, own), further[1].split(".")[1:]
        elif called:
            kind = self._begun(called[1], kinds, own, "(")
            names = self._steps(called[1], kind, kinds, own)
        else:
            return _UNKNOWN
        for name in names if kind != _UNKNOWN else ():
            kind = self._kind(kind, name) if kind in self._members else ""
        return kind


def unwrapped(text: str) -> str:
    """C# without comments, and with each statement's head on one line: where a person broke it says nothing."""
    lines: list[str] = []
    open_brackets: list[str] = []
    for line in _COMMENT.sub("", text).splitlines():
        begun = lines[-1] if lines else ""
        goes_on = open_brackets[-1:] in (["("], ["["]) or _GOES_ON.search(begun) or _FOLLOWS.match(line)
        if begun.strip() and line.strip() and goes_on:
            lines[-1] = f"{begun} {line.strip()}".replace("( ", "(").replace(" .", ".")
        else:
            lines.append(line)
        for bracket in re.findall(r"[(\[{}\])]", _TEXT.sub("", line)):
            if bracket in "([{":
                open_brackets.append(bracket)
            elif open_brackets:
                open_brackets.pop()
    return "\n".join(lines)


def arguments(text: str) -> list[str]:
    """What stands between the parenthesis that was opened just before the text and its end, cut at the commas."""
    found, depth, start, at = [], 0, 0, 0
    while at < len(text):
        skipped = _TEXT.match(text, at)
        if skipped:
            at = skipped.end()
            continue
        if text[at] in "([{":
            depth += 1
        elif text[at] in ")]}":
            if depth == 0:
                return [*found, text[start:at].strip()]
            depth -= 1
        elif text[at] == "," and depth == 0:
            found.append(text[start:at].strip())
            start = at + 1
        at += 1
    raise ValueError("the parenthesis has no end")


def _unkept(text: str) -> str:
    """A text without what stands in a try whose catch keeps failures back: they are none of the operation."""
    for kept in _KEPT.finditer(text):
        if not _PASSED_ON.search(kept["body"]):
            begun = text.rindex(f"\n{kept['indent']}try\n", 0, kept.start())
            ended = text.index(f"\n{kept['indent']}}}", begun)
            text = text[:begun] + re.sub(r"[^\n]", " ", text[begun:ended]) + text[ended:]
    return text


def _members_of(text: str) -> Iterator[Member]:
    types = [*_TYPE.finditer(text)]
    ends = [one.start() for one in types[1:]] + [len(text)]
    for kind, end in zip(types, ends, strict=True):
        body = text[kind.end() : end]
        starts = [one.start() for one in _MEMBER.finditer(body)]
        for first, last in zip(starts, [*starts[1:], len(body)], strict=True):
            member = body[first:last]
            head = member.strip().splitlines()[0]
            while _GENERIC.search(head):
                head = _GENERIC.sub("", head)
            name = _NAME.search(_TEXT.sub('""', head))
            if name:
                yield Member(kind[1], name[1], " static " in head or " const " in head, member)


def _answered(text: str) -> Iterator[str]:
    """Members of the answer that a text sets: in `answer.Members`, or in the `members` that it was given."""
    for begun in re.finditer(r"\b(?:Members|members|(?<=\s)answer)(?=\.Set\()", text):
        yield from _chained(text[begun.end() :])


def _chained(text: str) -> Iterator[str]:
    """Names that `.Set("name", value)` sets, one after the other."""
    call = re.match(r'\s*\.Set\("(\w+)",', text)
    while call:
        yield call[1]
        rest = text[text.index("(") + 1 :]
        text = rest[_length(rest) :]
        call = re.match(r'\s*\.Set\("(\w+)",', text)


def _length(text: str) -> int:
    """How long a call's arguments are, with the parenthesis that ends them."""
    depth, at = 0, 0
    while True:
        skipped = _TEXT.match(text, at)
        if skipped:
            at = skipped.end()
            continue
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        at += 1
        if depth < 0:
            return at


def read(files: Mapping[str, Path]) -> Agent:
    """The agent of files as `agent_files` gives them: name -> path."""
    return Agent({name: path.read_text(encoding="utf-8") for name, path in files.items()})
