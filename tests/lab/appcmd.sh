#!/bin/sh
# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# A stand-in for IIS' appcmd.exe: the commands that the agent gives, and answers in appcmd's XML. A shell, as one starts
# in a millisecond. What the XML looks like is from public code that reads the real program's: chef-cookbooks/iis
# (`list apppool "x" /config:* /xml`: APPPOOL/@APPPOOL.NAME, @state, APPPOOL/add/@autoStart, APP/@APPPOOL.NAME,
# VDIR/@physicalPath), and the commands from Microsoft Learn, "Getting Started with AppCmd.exe".
#
# IIS is the folder iis beside the drives of a host of the lab, written by appcmd.py:
#   pools/N/name, xml (the name as XML has it), state, auto
#   apps.xml, vdirs.xml: what is listed
#   answer: if it is there, the answer to everything

iis=$LAB_ROOT/iis

value() { # of a file, in $found
    found=
    [ ! -e "$1" ] || IFS= read -r found < "$1"
}

begin() {
    echo '<?xml version="1.0" encoding="UTF-8"?>'
    echo '<appcmd>'
}

list_pools() {
    begin
    for pool in "$iis"/pools/*/; do
        [ -d "$pool" ] || continue
        value "$pool/xml"; xml=$found
        value "$pool/state"; state=$found
        value "$pool/auto"
        echo "  <APPPOOL APPPOOL.NAME=\"$xml\" PipelineMode=\"Integrated\" RuntimeVersion=\"v4.0\" state=\"$state\">"
        echo "    <add name=\"$xml\" queueLength=\"1000\" autoStart=\"$found\" managedRuntimeVersion=\"v4.0\">"
        echo '      <processModel identityType="SpecificUser" userName="CORP\svc" password="pool-secret-4711" />'
        echo '    </add>'
        echo '  </APPPOOL>'
    done
    echo '</appcmd>'
}

list_file() {
    begin
    cat "$1"
    echo '</appcmd>'
}

if [ -e "$iis/answer" ]; then
    cat "$iis/answer"
    exit 1
fi
case "$*" in
    "list apppool /config:* /xml") list_pools ;;
    "list app /xml") list_file "$iis/apps.xml" ;;
    "list vdir /xml") list_file "$iis/vdirs.xml" ;;
    *)
        begin
        echo "<ERROR message=\"Unknown command\" />"
        echo '</appcmd>'
        exit 87
        ;;
esac
