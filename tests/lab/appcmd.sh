#!/bin/sh
# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# A stand-in for IIS' appcmd.exe: the commands that the agent gives, and answers in appcmd's XML. A shell, as one starts
# in a millisecond. What the XML looks like is from public code that reads the real program's: chef-cookbooks/iis
# (`list apppool "x" /config:* /xml`: APPPOOL/@APPPOOL.NAME, @state, APPPOOL/add/@autoStart, APP/@APPPOOL.NAME,
# VDIR/@physicalPath) and a fork of influxdata/telegraf with win_iisproc (`list wp /xml`: WP/@WP.NAME, @APPPOOL.NAME),
# and the commands from Microsoft Learn, "Getting Started with AppCmd.exe". A pool's process may need until
# shutdownTimeLimit to end (dotnet/aspnetcore#52451).
#
# IIS is the folder iis beside the drives of a host of the lab, written by appcmd.py:
#   pools/N/name, xml (the name as XML has it), state, auto
#   pools/N/slow: how many lists still see it Starting or Stopping
#   pools/N/again: how many times it is started again, for as long as auto is true
#   pools/N/refuses: the verb that gives an error
#   pools/N/races: the verb that comes too late: somebody does it just before
#   pools/N/lingers: how many lists of worker processes still have that of a pool which is stopped
#   pools/N/works: if it is there, a worker process is, whatever the pool's state
#   pools/N/log: the verbs that were asked for
#   apps.xml, vdirs.xml: what is listed
#   no_workers: if it is there, worker processes cannot be listed: the feature Web-Request-Monitor, which has RSCA, is "seldom
#     installed by default" (techcommunity.microsoft.com, "Using RSCA ...")
#   hidden_commands: if it is there, Windows hides the command lines of worker processes: `all`, or `others`, which is
#     not from SYSTEM (read by mono/ProcessQuery.cs)
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
        value "$pool/slow"
        case "$state" in
            Starting | Stopping)
                if [ "${found:-0}" -gt 0 ]; then
                    echo $((found - 1)) > "$pool/slow"
                else
                    [ "$state" = Starting ] && state=Started || state=Stopped
                    echo "$state" > "$pool/state"
                fi
                ;;
            Stopped)
                value "$pool/again"; again=$found
                value "$pool/auto"
                if [ "${again:-0}" -gt 0 ] && [ "$found" = true ]; then
                    # The list before this one has reported that it is stopped.
                    echo $((again - 1)) > "$pool/again"
                    state=Started
                    echo "$state" > "$pool/state"
                fi
                ;;
        esac
        value "$pool/auto"
        echo "  <APPPOOL APPPOOL.NAME=\"$xml\" PipelineMode=\"Integrated\" RuntimeVersion=\"v4.0\" state=\"$state\">"
        echo "    <add name=\"$xml\" queueLength=\"1000\" autoStart=\"$found\" managedRuntimeVersion=\"v4.0\">"
        echo '      <processModel identityType="SpecificUser" userName="CORP\svc" password="pool-secret-4711" />'
        echo '    </add>'
        echo '  </APPPOOL>'
    done
    echo '</appcmd>'
}

list_workers() {
    [ ! -e "$iis/no_workers" ] || failed "Object 'WP' is not supported."
    begin
    id=1000
    for pool in "$iis"/pools/*/; do
        [ -d "$pool" ] || continue
        id=$((id + 1))
        value "$pool/state"; state=$found
        value "$pool/lingers"; lingers=${found:-0}
        value "$pool/xml"
        case "$state" in
            Started) ;;
            Unknown) continue ;;
            *)
                if [ "$lingers" -gt 0 ]; then
                    echo $((lingers - 1)) > "$pool/lingers"
                elif [ ! -e "$pool/works" ]; then
                    continue
                fi
                ;;
        esac
        echo "  <WP WP.NAME=\"$id\" APPPOOL.NAME=\"$found\" />"
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
named() { # the pool of an argument, in $pool
    for pool in "$iis"/pools/*/; do
        value "$pool/name"
        [ "/apppool.name:$found" != "$1" ] || return 0
    done
    failed "Cannot find APPPOOL object with identifier"
}

failed() {
    begin
    echo "<ERROR message=\"$1\" />"
    echo '</appcmd>'
    exit 50
}

asked() { # a verb of a pool
    echo "$1" >> "$pool/log"
    value "$pool/refuses"
    [ "$found" != "$1" ] || failed "The service cannot accept control messages at this time. &lt;$1&gt;"
    value "$pool/races"
    [ "$found" != "$1" ] || echo "$2" > "$pool/state"
    value "$pool/state"
    [ "$found" != Unknown ] || [ "$1" = set ] || failed "The service has not been started."
}

done_with() {
    begin
    value "$pool/xml"
    echo "  <APPPOOL APPPOOL.NAME=\"$found\" />"
    echo '</appcmd>'
}

case "$*" in
    "list apppool /config:* /xml") list_pools ;;
    "list app /xml") list_file "$iis/apps.xml" ;;
    "list vdir /xml") list_file "$iis/vdirs.xml" ;;
    "list wp /xml") list_workers ;;
    "stop apppool "*)
        named "$3"
        asked stop Stopped
        [ "$found" = Started ] || failed "The service has not been started."
        echo Stopping > "$pool/state"
        done_with
        ;;
    "start apppool "*)
        named "$3"
        asked start Started
        [ "$found" = Stopped ] || failed "An instance of the service is already running."
        echo Starting > "$pool/state"
        done_with
        ;;
    "set apppool "*)
        named "$3"
        asked set
        echo "${4#/autoStart:}" > "$pool/auto"
        done_with
        ;;
    *) failed "Unknown command" ;;
esac
