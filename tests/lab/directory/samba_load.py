# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fills the database of a Samba domain controller that does not run. For the Python that Samba's own modules are in.

``python3 samba_load.py <smb.conf> <sam.ldb>`` reads one JSON object from standard input:
``attributes``: the schema's new ones (name, oid, guid, syntax, om_syntax, single, upper);
``users``: name and password; ``units``: DNs, parents first;
``delegate``: the user who may write all properties of the groups below the first unit;
``groups``: dn, account, guid (hex), attributes (name to a list of base64), denied (names of attributes).
"""

from __future__ import annotations

import base64
import json
import sys
import typing as t
import uuid

import ldb
from samba.auth import system_session
from samba.dcerpc import security
from samba.ndr import ndr_pack, ndr_unpack
from samba.param import LoadParm
from samba.samdb import SamDB

GROUP_CLASS = "bf967a9c-0de6-11d0-a285-00aa003049e2"


def extend_schema(database: SamDB, attributes: list[dict[str, t.Any]]) -> None:
    """Add attributes and let groups have them."""
    schema = str(database.get_schema_basedn())
    for attribute in attributes:
        message = {
            "dn": f"CN={attribute['name']},{schema}",
            "objectClass": "attributeSchema",
            "lDAPDisplayName": attribute["name"],
            "attributeID": attribute["oid"],
            "attributeSyntax": attribute["syntax"],
            "oMSyntax": str(attribute["om_syntax"]),
            "isSingleValued": "TRUE" if attribute["single"] else "FALSE",
            "rangeUpper": str(attribute["upper"]),
            "schemaIDGUID": uuid.UUID(attribute["guid"]).bytes_le,
        }
        database.add(message)
    database.set_schema_update_now()
    message = ldb.Message(ldb.Dn(database, f"CN=Group,{schema}"))
    names = [attribute["name"] for attribute in attributes]
    message["mayContain"] = ldb.MessageElement(names, ldb.FLAG_MOD_ADD, "mayContain")
    database.modify(message)
    database.set_schema_update_now()


def guard(database: SamDB, dn: str, entries: list[str]) -> None:
    """Put access control entries, in SDDL, before those that an object has."""
    found = database.search(dn, ldb.SCOPE_BASE, attrs=["nTSecurityDescriptor"], controls=["sd_flags:1:4"])
    domain = security.dom_sid(database.get_domain_sid())
    text = ndr_unpack(security.descriptor, found[0]["nTSecurityDescriptor"][0]).as_sddl(domain)
    head, paren, rest = text.partition("(")
    descriptor = security.descriptor.from_sddl("".join([head, *entries, paren, rest]), domain)
    message = ldb.Message(ldb.Dn(database, dn))
    packed = ndr_pack(descriptor)
    message["nTSecurityDescriptor"] = ldb.MessageElement(packed, ldb.FLAG_MOD_REPLACE, "nTSecurityDescriptor")
    database.modify(message, controls=["sd_flags:1:4"])


def add_groups(database: SamDB, groups: list[dict[str, t.Any]], delegate: str) -> None:
    """Add groups under the objectGUIDs that they shall have."""
    sid = sid_of(database, delegate) if delegate else ""
    schema = str(database.get_schema_basedn())
    for group in groups:
        message = ldb.Message(ldb.Dn(database, group["dn"]))
        values = {name: [base64.b64decode(value) for value in held] for name, held in group["attributes"].items()}
        values |= {
            "objectClass": [b"group"],
            "sAMAccountName": [group["account"].encode()],
            "objectGUID": [bytes.fromhex(group["guid"])],
            "groupType": [b"-2147483640"],
        }
        for name, held in values.items():
            message[name] = ldb.MessageElement(held, ldb.FLAG_MOD_ADD, name)
        database.add(message, controls=["relax:0"])
        entries = []
        for name in group["denied"]:
            found = database.search(schema, expression=f"(lDAPDisplayName={name})", attrs=["schemaIDGUID"])
            entries.append(f"(OD;;WP;{uuid.UUID(bytes_le=bytes(found[0]['schemaIDGUID'][0]))};;{sid})")
        if entries:
            guard(database, group["dn"], entries)


def sid_of(database: SamDB, account: str) -> str:
    """Return the SID of an account, as text."""
    found = database.search(expression=f"(sAMAccountName={account})", attrs=["objectSid"])
    return str(ndr_unpack(security.dom_sid, found[0]["objectSid"][0]))


def main() -> None:
    """Do what standard input asks for."""
    configuration, path = sys.argv[1:]
    asked = json.load(sys.stdin)
    parameters = LoadParm(filename_for_non_global_lp=configuration)
    database = SamDB(url=path, session_info=system_session(), lp=parameters)
    if asked["attributes"]:
        extend_schema(database, asked["attributes"])
    database.transaction_start()
    for user in asked["users"]:
        if user["name"] == "Administrator":
            database.setpassword("(sAMAccountName=Administrator)", user["password"])
        else:
            database.newuser(user["name"], user["password"])
    for unit in asked["units"]:
        database.add({"dn": unit, "objectClass": "organizationalUnit"})
    if asked["units"] and asked["delegate"]:
        sid = sid_of(database, asked["delegate"])
        guard(database, asked["units"][0], [f"(OA;CIIO;WP;;{GROUP_CLASS};{sid})"])
    add_groups(database, asked["groups"], asked["delegate"])
    database.transaction_commit()


if __name__ == "__main__":
    main()
