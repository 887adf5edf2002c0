# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person types for a folder is read where it can mean one place only, and refused where not."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from unit.windows_paths import READ, TYPED

from ansible_collections.identityops.groupid.plugins.module_utils.windows_path import understand, understand_all


@pytest.mark.parametrize(("typed", "meant"), READ.items())
def test_what_can_mean_one_place_is_read(typed: str, meant: str) -> None:
    assert understand(typed, "groupid_backup_root") == meant


@pytest.mark.parametrize(
    ("typed", "why", "example"),
    [
        ("", "empty", r"D:\GroupIDBackups"),
        ('""', "empty", r"D:\GroupIDBackups"),
        ("D:", "current folder of that drive", r"D:\GroupIDBackups"),
        ("d:Backups", "current folder of that drive", r"D:\Backups"),
        ("D:.\\x", "current folder of that drive", r"D:\GroupIDBackups"),
        ("\\Backups", "has no drive", r"D:\Backups"),
        ("/srv/backups", "has no drive", r"D:\srv\backups"),
        ("\\nas01\\backups", "two backslashes of a share", r"D:\nas01\backups"),
        ("Backups", "not a full path", r"D:\Backups"),
        ("..\\Backups", "not a full path", r"D:\GroupIDBackups"),
        ("~\\Backups", "not a full path", r"D:\~\Backups"),
        ("file://nas01/backups", "not a full path", r"D:\GroupIDBackups"),
        ("\\\\", "no share", r"\\nas01\GroupIDBackups"),
        ("\\\\nas01", "no share", r"\\nas01\GroupIDBackups"),
        ("//nas07/", "no share", r"\\nas07\GroupIDBackups"),
        ("\\\\nas01:\\x", "where the name of a server has a colon", r"\\nas01\x"),
        ("\\\\D:\\x", "where the name of a server has a colon", r"D:\x"),
        ("\\\\nas 01\\x", "character that is not allowed there", r"\\nas01\GroupIDBackups"),
        ("\\\\nas01\\IPC$\\x", "has no folders", r"\\nas01\GroupIDBackups"),
        ("\\\\nas01\\pipe\\x", "has no folders", r"\\nas01\GroupIDBackups"),
        ("\\\\.\\PhysicalDrive0", "names a device", r"D:\GroupIDBackups"),
        ("\\\\?\\Volume{4c1b02c1-d990-11dc-99ae-806e6f6e6963}\\x", "names a device", r"D:\GroupIDBackups"),
        ("D:\\a\\..\\b", "'..' means another folder", r"D:\GroupIDBackups"),
        ("D:\\a\\.\\b", "'.' means another folder", r"D:\GroupIDBackups"),
        ("\\\\nas01\\..\\b", "'..' means another folder", r"D:\GroupIDBackups"),
        ("D:\\a:b", "':' is in a name", r"D:\GroupIDBackups"),
        ("D:\\a*", "'*' is in a name", r"D:\GroupIDBackups"),
        ("D:\\a\tb", "'\\t' is in a name", r"D:\GroupIDBackups"),
        ("D:\\a\udc80", "'\\udc80' is in a name", r"D:\GroupIDBackups"),
        ("D:\\{{ inventory_hostname }}|x", "'|' is in a name", r"D:\GroupIDBackups"),
        ("D:\\note.\\x", "ends with a dot or a space", r"D:\GroupIDBackups"),
        ("D:\\a \\x", "ends with a dot or a space", r"D:\GroupIDBackups"),
        ("D:\\" + "a" * 256, "more than 255 characters", r"D:\GroupIDBackups"),
        ("D:\\backup\\aux.d", "names a device", r"D:\GroupIDBackups"),
        ("D:\\COM1", "names a device", r"D:\GroupIDBackups"),
        ('"D:\\x', "only at the beginning", r"D:\GroupIDBackups"),
        ('D:\\x"', "is in a name", r"D:\GroupIDBackups"),
        ("D:\\x'", "only at the end", r"D:\GroupIDBackups"),
        ("''D:\\x''", "only at the beginning", r"D:\GroupIDBackups"),
        ("%ProgramData%x", "a backslash must follow", r"%ProgramData%\GroupIDBackups"),
        ("D:\\%COMPUTERNAME%\\x", "would not be replaced", r"%ProgramData%\GroupIDBackups"),
        ("%ProgramData%\\%DEPLOYMENT%", "would not be replaced", r"%ProgramData%\GroupIDBackups"),
        ("$env:ProgramData\\x", "not a full path", r"D:\GroupIDBackups"),
    ],
)
def test_what_could_mean_several_is_refused_with_name_value_reason_and_example(
    typed: str, why: str, example: str
) -> None:
    with pytest.raises(
        ValueError, match=r"^groupid_backup_root is '.*, .*; write a full path, such as .*\.$"
    ) as reported:
        understand(typed, "groupid_backup_root")
    text = str(reported.value)
    assert why in text
    assert text.endswith(f"such as {example}.")
    assert typed.replace("\t", "\\t").replace("\udc80", "\\udc80") in text
    assert understand(example, "x") == example


def test_what_is_no_text_is_refused_as_typed() -> None:
    with pytest.raises(ValueError, match=r"^groupid_component_paths\.reports is 42, which is not text"):
        understand_all({"elasticsearch": "D:/e", "reports": 42}, "groupid_component_paths")  # type: ignore[dict-item]


def test_each_path_of_a_mapping_is_read_under_its_own_name() -> None:
    typed = {"reports": " d:/Reports/ ", "schedules": "//nas/s"}
    assert understand_all(typed, "targets") == {"reports": "D:\\Reports", "schedules": "\\\\nas\\s"}
    with pytest.raises(ValueError, match=r"^targets\.schedules is 'D:', "):
        understand_all({"reports": "D:\\R", "schedules": "D:"}, "targets")


@given(st.one_of(TYPED, st.text()))
@example("D:\\x\u00a0\\")
@example("D:\\x'\\")
@example("\\\\" + "a:" * 3000 + "\\x")
def test_what_was_read_is_read_again_as_it_is(typed: str) -> None:
    try:
        meant = understand(typed, "path")
    except ValueError:
        return
    assert understand(meant, "path") == meant
    assert understand(f' "{meant}\\" ', "path") == meant
