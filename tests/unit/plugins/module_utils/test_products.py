# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of GroupID's versions, against the vendor's page and the agent's contract."""

from __future__ import annotations

import fnmatch
import typing as t

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set, products

VENDOR_PAGE = {
    "9.0": {
        "self_service_portals": ("installation", "SelfService\\Inetpub"),
        "password_center_user": ("installation", "PasswordCenter\\Inetpub"),
        "password_center_helpdesk": ("installation", "PasswordCenter\\Helpdesk\\Inetpub"),
        "synchronize_jobs": ("data", "Synchronize\\Jobs"),
        "reports": ("data", "Reports"),
    },
    "10.0": {
        "elasticsearch": ("data", "Replication\\data"),
        "self_service_portals": ("installation", "SelfService\\Inetpub"),
        "password_center_user": ("installation", "PasswordCenter\\Inetpub"),
        "password_center_helpdesk": ("installation", "PasswordCenter\\Helpdesk\\Inetpub"),
        "synchronize_jobs": ("data", "Synchronize\\Jobs"),
        "reports": ("data", "Reports"),
    },
}


@pytest.mark.parametrize("version", VENDOR_PAGE)
def test_defaults_are_the_vendors_page(version: str) -> None:
    [product] = products.select_products(version)
    defaults = {part.name: (part.base, part.path) for part in product.components if part.default}
    assert defaults == VENDOR_PAGE[version]
    assert {part.source for part in product.components if part.default} == {products.BACK_UP}


@pytest.mark.parametrize("product", products.PRODUCTS, ids=lambda product: product.version)
def test_rows_are_sound(product: products.Product) -> None:
    names = [part.name for part in product.components]
    assert len(names) == len(set(names))
    assert {part.default or not part.required for part in product.components} == {True}
    for part in product.components:
        assert backup_set.check_component(part.name) == part.name
        assert part.scope
        assert part.source
        assert "/" not in part.path
        assert not part.path.startswith("\\")


def test_a_component_is_the_same_in_every_version() -> None:
    rows = {part for product in products.PRODUCTS for part in product.components}
    assert len(rows) == len({part.name for part in rows})


def test_no_component_lies_in_another() -> None:
    for product in products.PRODUCTS:
        places = [f"{part.base}\\{part.path}\\".lower() for part in product.components]
        assert [(a, b) for a in places for b in places if a != b and a.startswith(b)] == []


def test_request_has_the_contracts_shape() -> None:
    request = products.products_request("10.0", {"reports": "E:\\Reports"})
    assert set(request) == {"products", "version", "component_paths"}
    assert request["component_paths"] == {"reports": "E:\\Reports"}
    [ten] = [product for product in request["products"] if product["version"] == "10.0"]
    assert ten["registry"] == ["SOFTWARE\\Imanami\\GroupID\\Version 10.0"]
    assert ten["installation"] == "Program Files\\Imanami\\GroupID 10.0"
    assert ten["data"] == "Imanami\\GroupID 10.0"
    reports = {"name": "reports", "base": "data", "path": "Reports", "required": True, "default": True}
    assert reports in ten["components"]


def test_every_version_is_in_every_request() -> None:
    reported = [product["version"] for product in products.products_request("9.0", {})["products"]]
    assert reported == products.versions()


def test_default_components_are_the_versions_own() -> None:
    assert products.default_components("9.0") == list(VENDOR_PAGE["9.0"])
    assert products.default_components("auto") == [*VENDOR_PAGE["9.0"], "elasticsearch", "portals"]


def test_components_of_a_request() -> None:
    request = products.components_request("auto", ["schedules", "reports"], ["a"], ["b"])
    common = {"path": None, "include": ["a"], "exclude": ["b"]}
    assert request == [
        {"name": "schedules", "required": False, **common},
        {"name": "reports", "required": True, **common},
    ]
    assert products.components_request("10.0", [], [], []) == []


@pytest.mark.parametrize(
    ("version", "names", "words"),
    [
        ("9.0", ["elasticsearch"], "elasticsearch: not a component of GroupID 9.0"),
        ("auto", ["portal", "reports"], "portal: not a component of any version"),
        ("10.0", ["x", "y"], "x, y: not a component"),
    ],
)
def test_unknown_component_is_named(version: str, names: list[str], words: str) -> None:
    with pytest.raises(products.UnknownComponentError, match=words):
        products.components_request(version, names, [], [])
    with pytest.raises(products.UnknownComponentError, match=words):
        products.products_request(version, dict.fromkeys(names, "E:\\x"))


def test_unknown_version_is_named_with_the_known_ones() -> None:
    with pytest.raises(products.UnknownVersionError, match=r"'8\.0' is not known.*9\.0, 10\.0, 11\.0"):
        products.select_products("8.0")


@pytest.mark.parametrize(
    ("component", "requested", "policy"),
    [
        ("elasticsearch", None, "mirror"),
        ("elasticsearch", "merge", "mirror"),
        ("reports", None, "merge"),
        ("reports", "mirror", "mirror"),
        ("my_scripts", None, "merge"),
        ("my_scripts", "mirror", "mirror"),
    ],
)
def test_restore_policy(component: str, requested: t.Literal["merge", "mirror"] | None, policy: str) -> None:
    assert products.restore_policy(component, requested) == policy


def test_only_elasticsearch_is_restored_whole() -> None:
    names = [*products.component_names("auto"), "my_scripts"]
    assert [name for name in names if products.restored_whole(name)] == ["elasticsearch"]


WORTHLESS = ("Portal1/log/today.txt", "Portal1/Web/Logs/today.txt", "Import/JobRun_7.dtmlog", "nodes/0/node.lock")
NEEDED = ("Portal1/Web/web.config", "Portal1/Design/log.xml", "nodes/0/indices/x/0/translog/translog-1.tlog")


@pytest.mark.parametrize("glob", products.DEFAULT_EXCLUDES)
def test_each_default_exclude_is_for_something_worthless_and_for_nothing_else(glob: str) -> None:
    # fnmatch's * crosses folders, so it finds at least what the agent's globs find.
    assert [path for path in WORTHLESS if fnmatch.fnmatchcase(path, glob)], "add a file that it is for to WORTHLESS"
    assert not [path for path in NEEDED if fnmatch.fnmatchcase(path, glob)]


def test_the_database_is_known_by_tables_that_the_vendor_names() -> None:
    found = products.database_objects()
    assert {"SVC.Client", "Event.Action", "SVC.IdentityStoreReplication"} <= {str(one) for one in found}
    assert len({str(one).casefold() for one in found}) == len(found)
    assert all(one.source for one in found)
    assert products.select_products("9.0")[0].database_objects == ()


def test_traps_are_of_components_and_say_what_to_do_and_who_says_so() -> None:
    assert products.TRAPS
    for trap in products.TRAPS:
        assert trap.component in products.component_names("auto")
        assert trap.meaning.endswith(".")
        assert trap.next.endswith(".")
        assert trap.source
    request = products.traps_request()
    assert len(request) == len(products.TRAPS)
    assert set(request[0]) == {"component", "glob", "meaning", "next", "held"}


@pytest.mark.parametrize("product", products.PRODUCTS, ids=lambda product: product.version)
def test_rows_of_what_runs_are_sound(product: products.Product) -> None:
    assert product.runs
    for row in product.runs:
        assert row.source
        assert (row.name is None) != (row.program is None)
        assert row.program is None or row.kind == "service"
        assert row.kind == "service" or not row.component
        assert not str(row.name or row.program).startswith("*")  # another product's would be stopped


def test_no_name_is_that_of_two_versions_but_the_one_of_an_article_for_both() -> None:
    names = [(row.kind, row.name) for product in products.PRODUCTS for row in product.runs if row.name]
    assert {pair for pair in names if names.count(pair) > 1} == {("pool", "GroupID App Pool")}


def test_what_is_asked_about_what_runs() -> None:
    named = [{"kind": "pool", "name": "a", "shared": True}]
    request = products.runtime_request("11.0", {"portals": "E:\\Portals"}, named)
    assert set(request) == {"products", "version", "component_paths", "runs", "services", "similar", "only"}
    assert request["services"] == named
    assert [row["name"] for row in request["runs"] if row["version"] == "9.0"] == ["GroupID App Pool"]


def test_elasticsearch_alone_can_be_asked_for() -> None:
    request = products.runtime_request("auto", {}, [], "elasticsearch")
    assert request["only"] == {"component": "elasticsearch", "names": ["*elasticsearch*"]}
    marked = {(row["version"], row["name"] or row["program"]) for row in request["runs"] if row["component"]}
    assert marked == {
        ("10.0", "ElasticSearch\\**"),
        ("11.0", "GroupIDElasticSearchService11"),
        ("11.0", "elasticsearch\\**"),
    }
