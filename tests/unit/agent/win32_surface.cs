// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Reflection;

/// <summary>
/// Prints what Win32 and the types beside it offer to the rest of the agent, one member a line.
/// Argument: the compiled library.
/// </summary>
internal static class Win32Surface
{
    private static void Main(string[] arguments)
    {
        Assembly library = Assembly.LoadFrom(arguments[0]);
        foreach (string name in new[] { "Win32", "SystemError", "FileFacts", "FoundEntry",
            "DriveFacts", "Computer", "FolderSecurity", "ChildProcess", "FileSecurity", "FileStreams", "Privileges",
            "NetworkIdentity", "ObservedFacts", "RehearsalCalls", "RequestPipe", "ManagementService", "ProcessQuery",
            "ServiceControl", "TaskScheduler", "RunningProcesses", "ServiceFacts", "TaskFacts", "ProcessFacts" })
            foreach (MemberInfo member in library.GetType("IdentityOpsAgent." + name, true).GetMembers(
                BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly))
                Console.WriteLine(name + " " + Described(member));
    }

    private static string Described(MemberInfo member)
    {
        FieldInfo field = member as FieldInfo;
        if (field != null)
            return field.FieldType.Name + " " + field.Name
                + (field.FieldType == typeof(uint) && field.IsLiteral ? " = " + field.GetRawConstantValue() : "");
        MethodBase method = (MethodBase)member;
        string[] parameters = Array.ConvertAll(method.GetParameters(),
            parameter => parameter.ParameterType.Name + " " + parameter.Name);
        string result = method is MethodInfo ? ((MethodInfo)method).ReturnType.Name + " " : "";
        return result + method.Name + "(" + string.Join(", ", parameters) + ")";
    }
}
