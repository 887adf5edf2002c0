#!/usr/bin/env bash
# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The playbooks against the computer that prepare.ps1 made, over one connection into one backup root:
#     play.sh WORK ntlm|https|psrp ROOT
# ROOT is a folder, or "share" for the share with its own account. Run in WSL 1, whose localhost is that of Windows.
set -euo pipefail
work=$1
connection=$2
root=$3

common=(-i "$work/inventory.yml")
case $connection in
    ntlm) variables='{ansible_connection: winrm, ansible_winrm_scheme: http, ansible_port: 5985, ansible_winrm_transport: ntlm}' ;;
    https) variables="{ansible_connection: winrm, ansible_winrm_scheme: https, ansible_port: 5986, ansible_winrm_transport: basic,
                       ansible_winrm_ca_trust_path: $work/ca.pem}" ;;
    psrp) variables='{ansible_connection: psrp, ansible_psrp_protocol: http, ansible_psrp_auth: ntlm}' ;;
    *) echo "connection: $connection" >&2; exit 2 ;;
esac
common+=(-e "$variables")
if [ "$root" = share ]; then
    common+=(-e '{groupid_backup_root: "{{ share_root }}", groupid_network_username: "{{ share_username }}",
                  groupid_network_password: "{{ share_password }}"}')
else
    # exFAT has no access lists, and what others can change is used only when it is named.
    # A restore takes only a signed set from there.
    common+=(-e "{groupid_backup_root: '$root', groupid_allow_open_roots: ['$root'], groupid_signing_key: '$(openssl rand -hex 32)'}")
fi

play() { ansible-playbook "identityops.groupid.$1" "${common[@]}" "${@:2}"; }

set_id=$(date -u +%Y%m%dT%H%M%SZ)
reports="/mnt/c/ProgramData/Imanami/GroupID 10.0/Reports"
digests() { (cd "$reports" && find . -type f -print0 | sort -z | xargs -0 sha256sum); }

before=$(digests)
play preflight
play backup -e "groupid_set_id=$set_id"
play verify -e "groupid_set_id=$set_id"
play list
play rehearse -e "groupid_rehearsal_dir=$work/rehearsals/$connection-${root%%:*}"

echo damaged >"$reports/file 1.bin"
rm "$reports/file 2.bin"
play restore -e "groupid_set_id=$set_id" -e groupid_deployments=hq -e "groupid_restore_confirm=hq/$set_id"
[ "$before" = "$(digests)" ] || { echo "The reports are not as they were." >&2; exit 1; }
