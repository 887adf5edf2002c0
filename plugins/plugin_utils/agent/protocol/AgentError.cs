// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;

namespace IdentityOpsAgent
{
    // A failure that the answer reports in full: a stable code, what failed, on what, the cause as the system gave
    // it, the next step. The code has no list of these codes: each is a text where it is thrown.
    // docs/reference/protocol.md names them for each operation, and tests/tools/errors_page.py finds them in the
    // code.
    internal sealed class AgentError : Exception
    {
        public readonly string Code;
        public readonly string What;
        public readonly string Component;
        public readonly string Path;
        public readonly string Cause;
        public readonly string Next;

        public AgentError(string code, string what, string path, string cause, string next, string component = null)
            : base(code + ": " + what + ": " + cause)
        {
            Code = code;
            What = what;
            Component = component;
            Path = path;
            Cause = cause;
            Next = next;
        }

        // Describes any failure.
        public static AgentError Of(string operation, Exception error)
        {
            string what = "The operation '" + operation + "' failed";
            if (error is AgentError)
                return (AgentError)error;
            if (error is FormatError)
                return new AgentError("bad_request", "The request was refused", null, error.Message,
                    "Correct the value that is named.");
            if (error is SystemError)
                return new AgentError("system", what, null, error.Message,
                    "Look up the number, remove the cause, and run again.");
            return new AgentError("internal", what, null, error.ToString(),
                "Report this to the authors of the collection.");
        }

        public JsonMap ToJson()
        {
            return new JsonMap().Set("code", Code).Set("what", What).Set("component", Component).Set("path", Path)
                .Set("cause", Cause).Set("next", Next);
        }
    }

    // A text that does not have its expected format: a request, a stored document, a list. The message names the
    // member or the line.
    internal sealed class FormatError : Exception
    {
        public FormatError(string message) : base(message)
        {
        }
    }

    // The Windows error numbers that this agent knows.
    internal static class SystemCodes
    {
        // Also a deleted file that goes when its last handle is closed.
        public static bool IsMissing(SystemError error)
        {
            return error.Code == 2 || error.Code == 3 || error.Code == 303;
        }

        // The file system cannot keep this at all.
        public static bool IsUnsupported(SystemError error)
        {
            return error.Code == 1 || error.Code == 50 || error.Code == 87 || error.Code == 123;
        }

        public static bool IsTaken(SystemError error)
        {
            return error.Code == 80 || error.Code == 183;
        }

        public static bool IsShared(SystemError error)
        {
            return error.Code == 32 || error.Code == 33;
        }

        public static bool IsDenied(SystemError error)
        {
            return error.Code == 5;
        }

        public static bool IsLink(SystemError error)
        {
            return error.Code == 4392;
        }
    }
}
