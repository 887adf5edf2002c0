# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""WS-Management envelopes as WinRM clients send and expect them (MS-WSMV): requests, answers, faults."""

from __future__ import annotations

import base64
import collections.abc as c
import dataclasses
import re
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

WINRS_RESOURCE = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd"
SHELL_ACTION = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
TRANSFER_ACTION = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
FAULT_ACTION = "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"

OPERATION_TIMEOUT_CODE = 2150858793
"""The operation did not end within its OperationTimeout: clients simply ask again."""
SHELL_NOT_FOUND_CODE = 2150858843

NAMESPACES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "x": "http://schemas.xmlsoap.org/ws/2004/09/transfer",
    "rsp": "http://schemas.microsoft.com/wbem/wsman/1/windows/shell",
    "f": "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault",
}
_DECLARATIONS = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")
_DEFAULT_TIMEOUT_SECONDS = 60.0


class MalformedRequestError(Exception):
    """The body is not a WS-Management request."""


@dataclasses.dataclass(frozen=True)
class Request:
    """One request.

    action: last part of the action URI, such as ``Receive``.
    shell_id: the ShellId selector, upper case, or None.
    timeout: OperationTimeout in seconds.
    body: the ``s:Body`` element.
    size: length of the envelope in bytes.
    """

    action: str
    resource: str
    message_id: str
    shell_id: str | None
    timeout: float
    options: dict[str, str]
    body: ET.Element
    size: int


@dataclasses.dataclass(frozen=True)
class Reply:
    """One HTTP answer: status and body."""

    status: int
    body: bytes


@dataclasses.dataclass(frozen=True)
class Output:
    """What one Receive carries; exit_code is None while more is to come."""

    stdout: bytes
    stderr: bytes
    exit_code: int | None


def parse(envelope: bytes) -> Request:
    """Read an envelope. Raises MalformedRequestError."""
    try:
        root = ET.fromstring(envelope)
    except ET.ParseError as error:
        raise MalformedRequestError(f"not XML: {error}") from error
    body = root.find("s:Body", NAMESPACES)
    action = _header(root, "a:Action")
    if body is None or not action:
        raise MalformedRequestError("no body or no action")
    selector = root.find("s:Header/w:SelectorSet/w:Selector[@Name='ShellId']", NAMESPACES)
    options = root.findall("s:Header/w:OptionSet/w:Option", NAMESPACES)
    return Request(
        action=action.rsplit("/", 1)[-1],
        resource=_header(root, "w:ResourceURI"),
        message_id=_header(root, "a:MessageID"),
        shell_id=selector.text.upper() if selector is not None and selector.text else None,
        timeout=_seconds(_header(root, "w:OperationTimeout")),
        options={option.get("Name", ""): option.text or "" for option in options},
        body=body,
        size=len(envelope),
    )


def _header(root: ET.Element, name: str) -> str:
    return (root.findtext(f"s:Header/{name}", "", NAMESPACES) or "").strip()


def _seconds(duration: str) -> float:
    match = _DURATION.fullmatch(duration)
    if match is None:
        return _DEFAULT_TIMEOUT_SECONDS
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def shell_created(request: Request, shell_id: str) -> Reply:
    """Answer Create."""
    body = (
        f"<x:ResourceCreated><a:Address>http://127.0.0.1/wsman</a:Address><a:ReferenceParameters>"
        f"<w:ResourceURI>{request.resource}</w:ResourceURI>"
        f'<w:SelectorSet><w:Selector Name="ShellId">{shell_id}</w:Selector></w:SelectorSet>'
        f"</a:ReferenceParameters></x:ResourceCreated><rsp:Shell><rsp:ShellId>{shell_id}</rsp:ShellId></rsp:Shell>"
    )
    return _answer(request, f"{TRANSFER_ACTION}/CreateResponse", body)


def command_created(request: Request, command_id: str) -> Reply:
    """Answer Command."""
    body = f"<rsp:CommandResponse><rsp:CommandId>{command_id}</rsp:CommandId></rsp:CommandResponse>"
    return _answer(request, f"{SHELL_ACTION}/CommandResponse", body)


def sent(request: Request) -> Reply:
    """Answer Send."""
    return _answer(request, f"{SHELL_ACTION}/SendResponse", "<rsp:SendResponse/>")


def signalled(request: Request) -> Reply:
    """Answer Signal."""
    return _answer(request, f"{SHELL_ACTION}/SignalResponse", "<rsp:SignalResponse/>")


def deleted(request: Request) -> Reply:
    """Answer Delete."""
    return _answer(request, f"{TRANSFER_ACTION}/DeleteResponse", "")


def received(request: Request, command_id: str, output: Output) -> Reply:
    """Answer Receive. Clients take the one node whose State ends in Done as the end of the command."""
    streams = [(name, data) for name, data in (("stdout", output.stdout), ("stderr", output.stderr)) if data]
    done = output.exit_code is not None
    exit_code = f"<rsp:ExitCode>{output.exit_code}</rsp:ExitCode>" if done else ""
    return _received(request, command_id, streams, done, exit_code)


def received_messages(request: Request, command_id: str, messages: c.Sequence[bytes], *, done: bool) -> Reply:
    """Answer Receive of a remoting session, or of one of its pipelines; then ``done`` tells that it has ended."""
    return _received(request, command_id, [("stdout", data) for data in messages], done)


def _received(
    request: Request, command_id: str, streams: c.Iterable[tuple[str, bytes]], done: bool, exit_code: str = ""
) -> Reply:
    owner = f' CommandId="{command_id}"' if command_id else ""
    parts = [
        f'<rsp:Stream Name="{name}"{owner}>{base64.b64encode(data).decode("ascii")}</rsp:Stream>'
        for name, data in streams
    ]
    if command_id:
        state = f"{SHELL_ACTION}/CommandState/{'Done' if done else 'Running'}"
        parts.append(f'<rsp:CommandState{owner} State="{state}">{exit_code}</rsp:CommandState>')
    body = f"<rsp:ReceiveResponse>{''.join(parts)}</rsp:ReceiveResponse>"
    return _answer(request, f"{SHELL_ACTION}/ReceiveResponse", body)


def fault(request: Request, text: str, *, subcode: str = "w:InternalError", code: int | None = None) -> Reply:
    """Refuse a request, as Windows does: HTTP 500 and a SOAP fault."""
    detail = ""
    if code is not None:
        message = f"<f:Message>{escape(text)}</f:Message>"
        detail = f'<s:Detail><f:WSManFault Code="{code}" Machine="localhost">{message}</f:WSManFault></s:Detail>'
    body = (
        f"<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>{subcode}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en-US">{escape(text)}</s:Text></s:Reason>{detail}</s:Fault>'
    )
    return _answer(request, FAULT_ACTION, body, status=500)


def operation_timeout(request: Request) -> Reply:
    """Tell a Receive that nothing has come yet."""
    text = "The WS-Management service cannot complete the operation within the time specified in OperationTimeout."
    return fault(request, text, subcode="w:TimedOut", code=OPERATION_TIMEOUT_CODE)


def _answer(request: Request, action: str, body: str, *, status: int = 200) -> Reply:
    relates_to = escape(request.message_id)
    envelope = (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope {_DECLARATIONS} xml:lang={quoteattr("en-US")}><s:Header>'
        f"<a:Action>{action}</a:Action><a:MessageID>{relates_to}/answer</a:MessageID>"
        f"<a:RelatesTo>{relates_to}</a:RelatesTo></s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )
    return Reply(status, envelope.encode("utf-8"))
