# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""LDAP filters: which are good, where the others go wrong, and what libldap says of the same."""

from __future__ import annotations

import time

import ldap
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.filter import fault

ATTRIBUTES = "".join(f"({name}=*)" for name in ("extensionData", *(f"extensionAttribute{n}" for n in (15, 14, 13, 12))))
VENDORS_OWN = f"(&(objectClass=group)(objectCategory=group)(|{ATTRIBUTES}"
DEPTH = 100_000

VALID = (
    # RFC 4515, section 4
    "(cn=Babs Jensen)",
    "(!(cn=Tim Howes))",
    "(&(objectClass=Person)(|(sn=Jensen)(cn=Babs J*)))",
    "(o=univ*of*mich*)",
    "(seeAlso=)",
    "(cn:caseExactMatch:=Fred Flintstone)",
    "(cn:=Betty Rubble)",
    "(sn:dn:2.4.6.8.10:=Barney Rubble)",
    "(o:dn:=Ace Industry)",
    "(:1.2.3:=Wilma Flintstone)",
    "(:DN:2.4.6.8.10:=Dino)",
    r"(o=Parens R Us \28for all your parenthetical needs\29)",
    r"(cn=*\2A*)",
    r"(filename=C:\5cMyFile)",
    r"(bin=\00\00\00\04)",
    r"(sn=Lu\c4\8di\c4\87)",
    "(1.3.6.1.4.1.1466.0=\\04\\02\\48\\69)",
    # RFC 4526
    "(&)",
    "(|)",
    "(&(|)(!(&)))",
    # comparisons and values
    "(uSNChanged>=1000)",
    "(uSNChanged<=1000)",
    "(cn~=Jensen)",
    "(cn=*)",
    "(cn=*a)",
    "(cn=*a*b*)",
    "(cn=a=b)",
    "(cn= blanks of the value )",
    "(cn=a\nb)",
    "(cn=<>~:!&|;,#+)",
    "(cn=Süßmayr)",
    "(cn=漢字𝄞)",
    "(cn=\x01\x7f)",
    "(userCertificate;binary=*)",
    "(cn;lang-de;lang-en=x)",
    "(a-1=x)",
    "(x:dnx:=b)",
    "(a:dn:b:=x)",
    # Active Directory
    VENDORS_OWN + "))",
    "(&(objectClass=group)(objectCategory=group))",
    "(&(objectCategory=person)(userAccountControl:1.2.840.113556.1.4.803:=2))",
    "(memberOf:1.2.840.113556.1.4.1941:=CN=Sales,OU=Groups,DC=corp,DC=example)",
    r"(objectGUID=\90\39\5f\19\1a\b5\1b\4a\9e\96\86\c6\6c\b1\8d\11)",
    "(&(groupType:1.2.840.113556.1.4.804:=2147483648)(!(cn=CN=x\\2cDC=y)))",
    "(!(!(!(cn=x))))",
)

# Filter, position of its fault, corrected.
MALFORMED: tuple[tuple[str, int, str | None], ...] = (
    (VENDORS_OWN, len(VENDORS_OWN), VENDORS_OWN + "))"),
    (VENDORS_OWN + ")", len(VENDORS_OWN) + 1, VENDORS_OWN + "))"),
    (VENDORS_OWN + ")))", len(VENDORS_OWN) + 2, VENDORS_OWN + "))"),
    # parentheses
    ("(cn=a", 5, "(cn=a)"),
    ("(&(cn=a)(sn=b", 13, "(&(cn=a)(sn=b))"),
    ("(!(cn=a)", 8, "(!(cn=a))"),
    ("(cn=a))", 6, "(cn=a)"),
    ("(cn=a))))", 6, "(cn=a)"),
    ("cn=a", 0, "(cn=a)"),
    ("cn=a)", 0, "(cn=a)"),
    ("(!cn=a)", 2, "(!(cn=a))"),
    ("(!cn=a", 2, "(!(cn=a))"),
    ("(&(cn=a))(sn=b))", 9, None),
    ("(cn=a)(sn=b)", 6, None),
    ("(cn=a)x", 6, None),
    ("((cn=a))", 1, None),
    ("(cn=a(sn=b))", 5, None),
    ("(&(cn=a)sn=b)", 8, None),
    ("(&cn=a)", 2, None),
    ("()", 1, None),
    ("(&())", 3, None),
    (")", 0, None),
    ("(", 1, None),
    ("(&", 2, None),
    ("(&(cn=a)(|", 10, None),
    # not
    ("(!)", 2, None),
    ("(!", 2, None),
    ("(!(cn=a)(sn=b))", 8, None),
    ("(!&(cn=a))", 2, None),
    ("(&&(cn=a))", 2, None),
    # attributes and comparisons
    ("(=a)", 1, None),
    ("(cn)", 3, None),
    ("(cn", 3, None),
    ("(cn=", 4, None),
    ("(cn>5)", 4, None),
    ("(cn<5)", 4, None),
    ("(cn~5)", 4, None),
    ("(my_attribute=a)", 3, None),
    ("(-cn=a)", 1, None),
    ("(1cn=a)", 1, None),
    ("(1.2.=a)", 4, None),
    ("(cn;=a)", 3, None),
    ("(cn.x=a)", 3, None),
    ("(größe=a)", 3, None),
    ("(*=a)", 1, None),
    # values
    (r"(cn=a\2)", 5, None),
    (r"(cn=\zz)", 4, None),
    ("(cn=a\\", 5, None),
    (r"(cn=C:\Temp)", 6, None),
    ("(cn=a\0b)", 5, None),
    ("(cn=a**b)", 6, None),
    ("(cn>=a*)", 6, None),
    ("(cn:=a*)", 6, None),
    ("(cn=a\ud800)", 5, None),
    # extensible matches
    ("(:=a)", 1, None),
    ("(:dn:=a)", 4, None),
    ("(cn:rule=a)", 8, None),
    ("(cn:rule:other:=a)", 9, None),
    ("(cn:dn=a)", 6, None),
    ("(cn:", 4, None),
    (":=a", 0, None),
    # blanks
    (" (cn=a)", 0, "(cn=a)"),
    ("(cn=a)\n", 6, "(cn=a)"),
    ("(cn =a)", 3, "(cn=a)"),
    ("(&(cn=a)\n  (sn=b)\n)", 8, "(&(cn=a)(sn=b))"),
    ("(&(cn=a) (sn=b", 8, "(&(cn=a)(sn=b))"),
    ("(my cn=a)", 3, None),
    ("   ", 0, None),
)

# Where libldap takes what is a fault here.
LAXER_IN_LIBLDAP = {
    "": "taken for (objectClass=*)",
    "cn=a": "parentheses put around it",
    "( cn=a)": "blanks before and between filters passed over",
    "(& (cn=a) (sn=b))": "blanks before and between filters passed over",
    "(&(cn=a)\n  (sn=b)\n)": "blanks before and between filters passed over",
    "(1=a)": "a name may be one number",
    "(01.2=a)": "a number may begin with 0",
    "(cn::=a)": "':' without a rule behind it passed over",
    r"(cn=\\)": "the escape of RFC 1960, before hexadecimal digits came",
}


def libldap_takes(text: str) -> bool:
    """Ask libldap, which looks at the filter before it connects. Nothing listens on port 1."""
    try:
        ldap.initialize("ldap://127.0.0.1:1").search_ext("", ldap.SCOPE_BASE, text)
    except ldap.FILTER_ERROR:
        return False
    except ldap.SERVER_DOWN:
        return True
    raise AssertionError("something answered")


@pytest.mark.parametrize("text", VALID)
def test_good_filter_has_no_fault(text: str) -> None:
    assert fault(text) is None
    assert libldap_takes(text)


@pytest.mark.parametrize(("text", "position", "corrected"), MALFORMED)
def test_fault_is_found_where_it_is(text: str, position: int, corrected: str | None) -> None:
    found = fault(text)
    assert found is not None
    assert (found.position, found.corrected) == (position, corrected)
    assert found.what.endswith(".")


@pytest.mark.parametrize("text", [text for text, dummy, dummy in MALFORMED if not set(text) & {"\0", "\ud800"}])
def test_libldap_refuses_the_same(text: str) -> None:
    """NUL and half characters never reach it: python-ldap refuses them before."""
    assert libldap_takes(text) == (text in LAXER_IN_LIBLDAP)


@pytest.mark.parametrize("text", LAXER_IN_LIBLDAP)
def test_where_libldap_is_laxer_the_filter_is_a_fault(text: str) -> None:
    assert fault(text) is not None
    assert libldap_takes(text)


def test_the_vendors_own_filter_says_what_it_lacks() -> None:
    found = fault(VENDORS_OWN)
    assert found is not None
    assert found.what == "2 closing parentheses are missing at the end."


def test_a_single_parenthesis_is_called_one() -> None:
    missing, surplus = fault("(cn=a"), fault("(cn=a))")
    assert missing is not None
    assert surplus is not None
    assert missing.what == "One closing parenthesis is missing at the end."
    assert surplus.what == "One closing parenthesis is too many at the end."


@pytest.mark.parametrize("operator", ["&", "|", "!"])
def test_nesting_has_no_limit(operator: str) -> None:
    text = f"({operator}" * DEPTH + "(cn=a)" + ")" * DEPTH
    assert fault(text) is None
    found = fault(text[:-3])
    assert found is not None
    assert (found.position, found.corrected) == (len(text) - 3, text)


def test_time_grows_with_the_length_alone() -> None:
    """A megabyte of each thing that repeats, in a bounded time: nothing goes back over what it passed."""
    started = time.process_time()
    for text in (
        "(cn=" + r"\2a" * 300_000 + ")",
        "(cn=" + "*x" * 500_000 + ")",
        "(cn=" + "x" * 1_000_000 + ")",
        "(" + "a" * 1_000_000 + "=x)",
        "(a" + ";b" * 500_000 + "=x)",
        "(1" + ".1" * 500_000 + "=x)",
        "(&" + "(cn=x)" * 150_000 + ")",
    ):
        assert fault(text) is None
        assert fault(text[:-1]) is not None
    for text in ("(" * 1_000_000, ")" * 1_000_000, " " * 1_000_000, "(cn=a)" + ") " * 500_000, "(& " * 300_000):
        assert fault(text) is not None
    assert time.process_time() - started < 30


def test_a_message_stays_short() -> None:
    found = fault("(" + "a" * 10_000)
    assert found is not None
    assert len(found.what) < 200


# The first text of a run takes its time.

names = st.sampled_from(["cn", "objectClass", "extensionAttribute15", "1.2.840.113556", "userCertificate;binary"])
plain = st.text(st.characters(exclude_characters="()*\\\0", exclude_categories=("Cs",)), max_size=8)
escaped = st.binary(max_size=3).map(lambda raw: "".join(f"\\{byte:02x}" for byte in raw))
values = st.lists(plain | escaped, max_size=3).map("".join)
items = (
    st.builds("({}={})".format, names, values)
    | st.builds(
        "({}{}{})".format, names, st.sampled_from([">=", "<=", "~=", ":=", ":dn:=", ":caseExactMatch:="]), values
    )
    | st.builds("({}=*)".format, names)
    | st.builds("({}={}*{})".format, names, values, values)
)
filters = st.recursive(
    items,
    lambda inner: (
        st.builds("({}{})".format, st.sampled_from("&|"), st.lists(inner, max_size=4).map("".join))
        | st.builds("(!{})".format, inner)
    ),
    max_leaves=12,
)


@given(filters)
def test_generated_filters_are_good_to_both(text: str) -> None:
    assert fault(text) is None
    assert libldap_takes(text)


@given(filters, st.data())
def test_a_cut_filter_is_faulted_by_both(text: str, data: st.DataObject) -> None:
    cut = text[: data.draw(st.integers(1, len(text) - 1))]
    assert fault(cut) is not None
    assert not libldap_takes(cut)


@given(filters, st.data())
def test_what_is_corrected_is_good_and_keeps_all_but_blanks_and_parentheses(text: str, data: st.DataObject) -> None:
    cut = text[: data.draw(st.integers(1, len(text)))]
    position = data.draw(st.integers(0, len(cut)))
    spoiled = cut[:position] + data.draw(st.sampled_from([")", " ", "\n", "(", "))"])) + cut[position:]
    found = fault(spoiled)
    if found is not None and found.corrected is not None:
        assert fault(found.corrected) is None
        assert libldap_takes(found.corrected)
        kept = str.maketrans("", "", "() \n")
        assert found.corrected.translate(kept) == spoiled.translate(kept)


@given(st.text(st.sampled_from("()&|!=<>~:;*\\ \nac15.dnß"), max_size=24))
def test_any_text_is_good_to_both_or_faulted_within_it(text: str) -> None:
    found = fault(text)
    if found is None:
        assert libldap_takes(text)
    else:
        assert 0 <= found.position <= len(text)
