# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The body is the action plugin of the same name.

from __future__ import annotations

DOCUMENTATION = r"""
module: groupid_services
short_description: Find, stop and start again the services, application pools and scheduled tasks of GroupID
version_added: 0.6.0
description:
  - Finds what is running of GroupID on a host, and its state. With V(quiesced) it stops all of it, and with V(resumed)
    it starts again what ran before.
  - This module works on one host. It does not know which hosts belong together. The playbook
    C(identityops.groupid.resume) uses V(resumed).
  - A service, an application pool of IIS, a scheduled task or a process is GroupID's if the vendor's documentation
    names it, or if its program or its folder is in the folders of an installed version.
  - The vendor does not publish all names. Look at the result of V(reported) before you stop anything. If something of
    GroupID is not found, or something else is, name the right ones in O(services).
  - V(quiesced) first writes a record of what runs to the disk of the host. Then it disables the tasks and waits for the
    instances that run, stops the application pools and waits for their worker processes, and stops the services.
    Services that need another one are stopped before it, even if they are not GroupID's.
  - Start types and the automatic start of pools are not changed, so that everything starts again when the host is
    restarted. There are two exceptions, which V(resumed) undoes. A service that Windows may start again, because it
    has recovery actions and has failed before or fails when it is stopped, or because it has a delayed start that has
    not come yet, is disabled. A pool that IIS starts again immediately loses its automatic start, unless IIS shares
    its configuration with other servers. Then the module fails.
  - If one thing cannot be stopped, everything is started again and the module fails.
  - V(recorded) does only the first half of V(quiesced). It writes the record, arms the watchdog, and stops nothing. Use
    it on all hosts that belong together before V(quiesced) on the first one. Then another run is refused on all of
    them.
  - The watchdog is a scheduled task that runs as SYSTEM. It starts again what was stopped if nobody has done it after
    O(quiesce_max) seconds, and immediately after a restart of the host. Nothing is stopped before the watchdog has
    proved that it works. V(resumed) removes it.
  - While GroupID is stopped, the watchdog checks every 2 seconds whether everything is still stopped. V(resumed)
    returns what it has found as RV(proof).
  - V(resumed) brings back what the record says. What an administrator had stopped, disabled or paused before stays as
    it was. What somebody changed in the meantime also stays, and RV(entries) shows it. Everything is tried. If
    something does not start, the module fails, and the next V(resumed) tries it again.
  - Before anything is stopped, each Elasticsearch node is asked for its health. V(resumed) starts the services, and
    then waits until the node is as healthy as before, for O(item_timeout) seconds at the most. A node that is one of
    several only has to answer, because the others may be on hosts that are not started yet. Only then does it start
    the pools and enable the tasks. If the time is too short, there is a warning, and everything else is started. Only
    programs of the host are asked, and no login is sent.
  - As long as the record is not marked as resumed, another V(quiesced) is refused.
  - If a restore on this host was killed, V(recorded) and V(quiesced) first end or undo it, as a backup does. If this is
    not possible, they stop nothing and fail.
  - Services are read and stopped with the service control manager, application pools with C(appcmd.exe) and its XML,
    and tasks with the scripting object of the Task Scheduler. No text in a language of Windows is read.
author:
  - identityops (@identityops)
extends_documentation_fragment:
  - identityops.groupid.agent
  - identityops.groupid.product
attributes:
  diff_mode:
    support: none
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff
      mode.
options:
  state:
    description:
      - V(reported) changes nothing.
      - V(recorded) writes the record of what runs and arms the watchdog. If nothing of GroupID is found, it changes
        nothing.
      - V(quiesced) stops what runs of GroupID. If O(epoch) and O(run) are those of the record, it uses that record. If
        somebody has ended that record, it stops nothing and fails.
      - V(resumed) starts again what ran before it was stopped. If nothing was stopped, nothing is changed.
    type: str
    choices: [reported, recorded, quiesced, resumed]
    default: reported
  epoch:
    description:
      - Name of the period in which GroupID is stopped. It has the form of the id of a set, such as V(20261122T150405Z).
      - With V(recorded) and V(quiesced), the current time is the default.
      - With V(resumed), the module fails if another epoch is open. By default, any is ended.
    type: str
  run:
    description:
      - Name of the run that stops GroupID, for the record. With V(recorded) and V(quiesced), random digits by default.
      - With V(resumed), the module fails if the record of another run is open. By default, any is ended. If neither
        O(run) nor O(epoch) is given, RV(proof) is broken, because somebody else may have started GroupID again.
    type: str
  require_record:
    description:
      - Whether this run has recorded the host with V(recorded). O(epoch) and O(run) are then those of the record.
      - V(quiesced) then stops nothing and fails if somebody has removed the record. By default, it makes one.
      - V(resumed) then fails if somebody has removed the record, because what was stopped may still be stopped. By
        default, nothing is changed.
    type: bool
    default: false
  item_timeout:
    description:
      - How many seconds to wait for one service, pool or task to stop or to start. From 1 to 3600.
      - By default, the value of the variable C(groupid_services_timeout), or 120.
    type: int
  quiesce_max:
    description:
      - How many seconds after the record the watchdog starts GroupID again. From 0 to 86400. V(0) means no watchdog,
        and then there is no RV(proof). Only for V(recorded) and V(quiesced).
    type: int
    default: 7200
  announcement:
    description:
      - Lines to print before anything is done. The role P(identityops.groupid.backup#role) prints once, before it stops
        anything, what it will stop on all servers.
    type: list
    elements: str
    default: []
  only:
    description:
      - V(elasticsearch) finds or stops only the services of Elasticsearch, and those that need them. V(resumed) does
        not use it.
    type: str
    choices: [all, elasticsearch]
    default: all
  version:
    description:
      - Version of GroupID, as in the names of its folders. 11.1 installs itself as V(11.0).
      - V(auto) is all installed versions.
    type: str
    choices: [auto, "9.0", "10.0", "11.0"]
    default: auto
  services:
    description:
      - Services, application pools, tasks and processes of GroupID. A kind that is in this list has the ones in the
        list and no others. Other kinds are found as usual.
      - By default, the value of the variable C(groupid_services), if there is one.
    type: list
    elements: dict
    suboptions:
      kind:
        description:
          - What it is.
        type: str
        required: true
        choices: [service, pool, task, process]
      name:
        description:
          - Glob of its name. C(*) and C(?) match any characters. A service also matches by the name that Windows
            displays, a task also by its path, and a process by the name of its program.
          - The order of the list is the order in which things of one kind are stopped.
        type: str
        required: true
      shared:
        description:
          - Of an application pool, whether it may also serve folders that are not GroupID's.
        type: bool
        default: false
notes:
  - If IIS is not installed, there are no application pools. If IIS is installed without C(appcmd.exe), the module
    fails.
  - V(resumed) does not use O(version), O(component_paths) and O(services), because the record says what is started.
  - Nothing on the host is opened as C(groupid_network_username).
seealso:
  - module: identityops.groupid.groupid_info
"""

EXAMPLES = r"""
- name: Look at what runs of GroupID 10
  identityops.groupid.groupid_services:
    version: "10.0"
  register: running

- name: Stop it
  identityops.groupid.groupid_services:
    version: "10.0"
    state: quiesced
    quiesce_max: 1800

- name: Start again what ran before
  identityops.groupid.groupid_services:
    state: resumed

- name: Say which service is Elasticsearch
  identityops.groupid.groupid_services:
    services:
      - kind: service
        name: GroupIDElasticSearchService10
"""

RETURN = r"""
versions:
  description: Versions of GroupID that were looked for. With V(auto), those that are installed.
  returned: with V(reported)
  type: list
  elements: str
  sample: ["10.0"]
services:
  description: Windows services, in the order in which they are stopped.
  returned: with V(reported)
  type: list
  elements: dict
  contains:
    name:
      description: Name of the service.
      returned: always
      type: str
      sample: GroupIDElasticSearchService11
    display_name:
      description: Name that Windows displays.
      returned: always
      type: str
      sample: Elasticsearch 8.0.0 (GroupIDElasticSearchService11)
    version:
      description: Version of GroupID. Null if O(services) names the service.
      returned: always
      type: str
      sample: "11.0"
    found_by:
      description: How it was found. V(name) is a name that the vendor gives, V(folder) is a folder of GroupID, and
        V(request) is O(services).
      returned: always
      type: str
      sample: name
    state:
      description: One of V(stopped), V(start_pending), V(stop_pending), V(running), V(continue_pending),
        V(pause_pending), V(paused).
      returned: always
      type: str
      sample: running
    start_type:
      description: One of V(automatic), V(manual), V(disabled), V(boot), V(system), or V(unknown) if the account may not
        read the configuration of the service.
      returned: always
      type: str
      sample: automatic
    delayed:
      description: Whether an automatic start is delayed.
      returned: always
      type: bool
      sample: false
    process:
      description: Id of its process. 0 if it does not run.
      returned: always
      type: int
      sample: 4711
    program:
      description: Its program.
      returned: always
      type: str
      sample: C:\Program Files\Imanami\GroupID 11.0\elasticsearch\elasticsearch-8.0.0\bin\elasticsearch-service-x64.exe
    recovery:
      description: When Windows runs the recovery actions of the service. V(none) means never, V(crashes) only if its
        process ends unexpectedly, and V(errors) also if it stops with an error.
      returned: always
      type: str
      sample: crashes
    dependents:
      description: Services that need this one and are not stopped, in the order in which they must be stopped.
      returned: always
      type: list
      elements: str
      sample: []
    elasticsearch:
      description: Whether it is a node of Elasticsearch.
      returned: always
      type: bool
      sample: true
iis:
  description: IIS on the host.
  returned: with V(reported)
  type: dict
  contains:
    installed:
      description: Whether there is a service W3SVC.
      returned: always
      type: bool
      sample: true
    shared_configuration:
      description: Whether the host uses a configuration that it shares with other servers.
      returned: always
      type: bool
      sample: false
pools:
  description: Application pools of IIS.
  returned: with V(reported)
  type: list
  elements: dict
  contains:
    name:
      description: Name of the pool.
      returned: always
      type: str
      sample: GroupIDAppPool11
    version:
      description: Version of GroupID. Null if O(services) names the pool.
      returned: always
      type: str
      sample: "11.0"
    found_by:
      description: As for RV(services).
      returned: always
      type: str
      sample: name
    state:
      description: Its state as IIS names it, in lower case, such as V(started) or V(stopped).
      returned: always
      type: str
      sample: started
    auto_start:
      description: Whether it starts when IIS starts.
      returned: always
      type: bool
      sample: true
    applications:
      description: Its applications, with the folders that each serves.
      returned: always
      type: list
      elements: dict
      sample: [{name: GroupIDSite11/HR, folders: ['D:\GroupID 11.0\GroupIDPortal\Inetpub\HR\Web']}]
    outside:
      description: Names of those applications that serve a folder that is not GroupID's.
      returned: always
      type: list
      elements: str
      sample: []
tasks:
  description: Scheduled tasks.
  returned: with V(reported)
  type: list
  elements: dict
  contains:
    path:
      description: Path of the task in the Task Scheduler.
      returned: always
      type: str
      sample: \Schema Replication
    version:
      description: Version of GroupID. Null if O(services) names the task.
      returned: always
      type: str
      sample: "10.0"
    found_by:
      description: As for RV(services).
      returned: always
      type: str
      sample: name
    enabled:
      description: Whether it is enabled.
      returned: always
      type: bool
      sample: true
    state:
      description: One of V(unknown), V(disabled), V(queued), V(ready), V(running).
      returned: always
      type: str
      sample: ready
    instances:
      description: How many instances of it run now, as far as the account may see them.
      returned: always
      type: int
      sample: 0
    programs:
      description: Programs that it starts, as they are written in the task.
      returned: always
      type: list
      elements: str
      sample: ['C:\Program Files\Imanami\GroupID 10.0\GroupIDJob.exe']
processes:
  description: Processes whose program is in a folder of GroupID, or that O(services) names. At most 1000. With
    V(recorded) and V(quiesced), only those of no service. They are not stopped.
  returned: with V(reported), V(recorded) and V(quiesced)
  type: list
  elements: dict
  contains:
    id:
      description: Id of the process.
      returned: always
      type: int
      sample: 4711
    program:
      description: Its program.
      returned: always
      type: str
      sample: C:\Program Files\Imanami\GroupID 10.0\GroupID.exe
    version:
      description: Version of GroupID. Null if O(services) names the process.
      returned: with V(reported)
      type: str
      sample: "10.0"
    found_by:
      description: As for RV(services).
      returned: with V(reported)
      type: str
      sample: folder
similar:
  description: Things that have a name like GroupID's, but do not count as GroupID's. If one is GroupID's, name it in
    O(services). Netwrix has other products, so many are not. Of a kind that O(services) names, none is shown. At most
    1000.
  returned: with V(reported)
  type: list
  elements: dict
  contains:
    kind:
      description: What it is. V(service), V(pool) or V(task).
      returned: always
      type: str
      sample: service
    name:
      description: Name of the service or pool, or path of the task.
      returned: always
      type: str
      sample: GroupIDHelper
unmatched:
  description: Items of O(services) that the host does not have, apart from programs, which need not run.
  returned: with V(reported)
  type: list
  elements: dict
  contains:
    kind:
      description: What it is.
      returned: always
      type: str
      sample: service
    name:
      description: Its glob.
      returned: always
      type: str
      sample: GroupIDElasticSearchService10
record:
  description: The record on the host of what ran before GroupID was stopped, or null if there is none.
  returned: success
  type: dict
  contains:
    epoch:
      description: Name of the period in which GroupID is stopped.
      returned: always
      type: str
      sample: 20261122T150405Z
    run:
      description: The run that stopped it.
      returned: always
      type: str
      sample: 8f1d2c3b4a596877
    controller:
      description: Name of the computer on which that run was started.
      returned: always
      type: str
      sample: ansible01
    user:
      description: Account on the host that stopped it.
      returned: always
      type: str
      sample: CORP\svc-backup
    started:
      description: When the record was written, UTC.
      returned: always
      type: str
      sample: "2026-11-22T15:04:05.1234567Z"
    begun:
      description: Whether that run has begun to stop GroupID. Until then, nothing was stopped.
      returned: always
      type: bool
      sample: true
    stopped:
      description: When everything was stopped, UTC. Null until then.
      returned: always
      type: str
      sample: "2026-11-22T15:05:05.1234567Z"
    resumed:
      description: When everything was as before again, UTC. Null until then.
      returned: always
      type: str
      sample: "2026-11-22T15:14:05.1234567Z"
    resumed_by:
      description: V(run) or V(watchdog). Null until then.
      returned: always
      type: str
      sample: run
watchdog:
  description: The watchdog of the open record. Null if there is none.
  returned: with V(reported), V(recorded) and V(quiesced)
  type: dict
  contains:
    running:
      description: Whether its process runs. It starts every minute if it does not.
      returned: with V(reported)
      type: bool
      sample: true
    word:
      description: Why it could not start everything again. Null if there is nothing to say.
      returned: with V(reported)
      type: str
      sample: "The service 'Elastic': The service did not start due to a logon failure. (1069)"
    since:
      description: When it reported this, UTC. Null if there is nothing to report.
      returned: with V(reported)
      type: str
      sample: "2026-11-22T17:05:05.1234567Z"
    armed:
      description: Whether it is armed and has proved that it works. In check mode false.
      returned: with V(recorded) and V(quiesced)
      type: bool
      sample: true
    deadline_seconds:
      description: How many seconds after the record it starts GroupID again.
      returned: with V(recorded) and V(quiesced)
      type: int
      sample: 7200
down_ms:
  description: How many milliseconds passed from the beginning of the stop until everything was as before. Null if that
    is not known, because nothing was stopped or the host was restarted.
  returned: with V(resumed)
  type: int
  sample: 93250
proof:
  description: What the watchdog has seen while everything was stopped. Null if nothing was stopped, or without a
    watchdog.
  returned: with V(resumed)
  type: dict
  contains:
    samples:
      description: How many times it has checked and found everything stopped.
      returned: always
      type: int
      sample: 46
    longest_gap_ms:
      description: The longest time between two checks, in milliseconds.
      returned: always
      type: int
      sample: 2140
    broken:
      description: Why it is not proved that everything was stopped all the time. Null if it is proved.
      returned: always
      type: str
      sample: The service 'Elastic' was running at 2026-11-22T15:10:05.1234567Z.
    unknown:
      description: Why it is not known whether all worker processes of the application pools had ended. Null if it is
        known.
      returned: always
      type: str
      sample: null
    resumed_by:
      description: V(run) or V(watchdog).
      returned: always
      type: str
      sample: run
entries:
  description: What the record is about, in the order in which it stops. Starting goes in the opposite order. Empty if
    there was nothing to resume.
  returned: with V(recorded), V(quiesced) and V(resumed)
  type: list
  elements: dict
  contains:
    kind:
      description: V(task), V(pool) or V(service).
      returned: always
      type: str
      sample: service
    name:
      description: Name of the service or pool, or path of the task.
      returned: always
      type: str
      sample: GroupIDElasticSearchService11
    before:
      description: Its state before. For a service C(state), C(start_type), C(health) and C(cluster), for a pool
        C(state) and C(auto_start), for a task C(enabled). The state V(due) means a service with a delayed start that
        Windows has not started yet. It is kept from starting, and runs after V(resumed). C(health) is the health of an
        Elasticsearch node, V(red), V(yellow) or V(green), or V(up) if the node wants a login. It is null for another
        service, or if the health is not known. C(cluster) says whether the node is one of several.
      returned: with V(recorded) and V(quiesced)
      type: dict
      sample: {state: running, start_type: automatic, health: yellow, cluster: false}
    stopped:
      description: Whether there is something to stop or to disable.
      returned: with V(recorded) and V(quiesced)
      type: bool
      sample: true
    outcome:
      description: V(resumed) is as before. V(changed) was changed by somebody in the meantime and stays as it is.
        V(untouched) had not been stopped. V(failed) did not start.
      returned: with V(resumed)
      type: str
      sample: resumed
    note:
      description: What somebody changed, or why it failed. Null if there is nothing to say.
      returned: with V(resumed)
      type: str
      sample: its start type was automatic and is disabled
schema:
  description: Version of this result's shape.
  returned: always
  type: int
  sample: 1
seconds:
  description: How long the operation took on the host.
  returned: when the host answered
  type: float
  sample: 1.234
error:
  description: The parts of the error message.
  returned: on failure
  type: dict
  contains:
    code:
      description: Kind of the failure. One of V(appcmd_failed), V(appcmd_missing), V(bad_request), V(cancelled),
        V(iis_configuration), V(journal), V(locked), V(nothing_to_stop), V(other_epoch), V(pool_shared),
        V(quiesce_record), V(quiesced), V(restore_unfinished), V(resume_incomplete), V(service_pending),
        V(service_unreadable), V(services_unmatched),
        V(state_owner), V(stop_failed), V(system), V(watchdog_failed),
        V(write_failed), or, if the agent did not answer, V(become),
        V(bootstrap), V(connection_lost), V(constrained_language), V(no_answer), V(not_windows), V(protocol).
        V(argument) is an option or a variable that is not valid. V(unexpected) is a defect of the collection.
      returned: always
      type: str
      sample: appcmd_missing
    what:
      description: What failed.
      returned: always
      type: str
      sample: The application pools of IIS were not read or changed
    component:
      description: Always null.
      returned: always
      type: str
      sample: null
    path:
      description: Path that failed, if any.
      returned: always
      type: str
      sample: C:\Windows\System32\inetsrv\appcmd.exe
    cause:
      description: Cause, with the message of the system.
      returned: always
      type: str
      sample: IIS is installed (service W3SVC), but its command line program is missing.
    next:
      description: What to do about it.
      returned: always
      type: str
      sample: Add the feature Web-Scripting-Tools (IIS Management Scripts and Tools) to this server.
"""
