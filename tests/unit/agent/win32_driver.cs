// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Principal;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    /// <summary>
    /// Lets a test call any method of Win32, and gives {"result": ...} or {"error": number, "text": ...}. An open file
    /// is "#0", "#1", ...; bytes are hexadecimal digits; facts are null where there is nothing. SetFactsOf is SetFacts
    /// of a path; besides Win32 there are Hold (a file, shared with nobody), OpenToDelete (a folder, by who may delete
    /// it), Patience (its budget, all of it to be spent) and Close.
    /// </summary>
    public static class Win32Driver
    {
        private static readonly List<IDisposable> Open = new List<IDisposable>();

        public static void Main(string[] port)
        {
            // What is refused here is refused for good.
            LockedFileRetry.Budget = 1000;
            Driver.Serve(port[0], Answer);
        }

        private static string Answer(string name, List<string> arguments)
        {
            try
            {
                return "{\"result\": " + Json(Call(name, arguments)) + "}";
            }
            catch (SystemError error)
            {
                return "{\"error\": " + Json(error.Code) + ", \"text\": " + Json(error.Message) + "}";
            }
            catch (Exception failure)
            {
                return "{\"error\": null, \"text\": " + Json(failure.ToString()) + "}";
            }
        }

        /// <summary>Not by reflection: on Wine, .NET hangs after an exception that went through it.</summary>
        private static object Call(string name, List<string> given)
        {
            switch (name)
            {
                case "HostName": return Computer.HostName();
                case "FullyQualifiedName": return Computer.FullyQualifiedName();
                case "MachineGuid": return Computer.MachineGuid();
                case "UserName": return Computer.UserName();
                case "ProgramData": return Computer.ProgramData();
                case "EnvironmentValue": return Computer.EnvironmentValue(given[0]);
                case "FixedDrives": return Computer.FixedDrives();
                case "RegistryValues": return Computer.RegistryValues(given[0]);
                case "RegistryNumber": return Computer.RegistryNumber(given[0], given[1]);
                case "IsAbsolute": return Win32.IsAbsolute(given[0]);
                case "IsShare": return Win32.IsShare(given[0]);
                case "FreeBytes": return Win32.FreeBytes(given[0]);
                case "IsOwnedByUs": return FolderSecurity.IsOwnedByUs(given[0]);
                case "TryFacts": return FactsOrNull(given[0]);
                case "Enumerate": return Win32.Enumerate(given[0]);
                case "FinalPath": return Win32.FinalPath(given[0]);
                case "FinalPathOfOpen": return Win32.FinalPath(File(given[0]));
                case "VolumeOf": return Win32.VolumeOf(given[0]);
                case "Writers": return FileSecurity.Writers(given[0]);
                case "WritersIn":
                    return AccessList.Writers(Bytes(given[0]), new SecurityIdentifier(given[1]))
                        .ConvertAll(account => account.Value);
                case "CanFlushVolume": return Win32.CanFlushVolume(given[0]);
                case "GrantModify": return FolderSecurity.GrantModify(given[0], given[1]);
                case "OpenRead": return Kept(Win32.OpenRead(given[0]));
                case "OpenToCopy": return ToCopy(given[0]);
                case "OpenNew": return Kept(Win32.OpenNew(given[0]));
                case "HoldFolder": return Kept(Win32.HoldFolder(given[0]));
                case "OpenToDelete": return Kept(CreateFileW(given[0], 0x10000, 7, IntPtr.Zero, 3, 0x02000000,
                    IntPtr.Zero));
                case "TryLock": return Kept(Win32.TryLock(given[0]));
                case "Hold": return Kept(new FileStream(given[0], FileMode.Open, FileAccess.ReadWrite, FileShare.None));
                case "Read": return Read(File(given[0]), Number(given[1]));
                case "NamesOf": return NamesOf(File(given[0]));
                case "Facts": return Win32.Facts(File(given[0]));
                case "IsSecurityKept": return FileSecurity.IsSupported(given[0]);
                case "Security": return FileSecurity.Text(FileSecurity.Read(given[0]));
                case "SecurityOfOpen": return FileSecurity.Text(FileSecurity.Read(File(given[0])));
                case "WholeSecurity": return Digits(FileSecurity.Read(given[0]));
                case "Explicit": return Digits(SecurityDescriptor.Explicit(Bytes(given[0])));
                case "DescriptorLength": return SecurityDescriptor.Length(Bytes(given[0]));
                case "NumericSddl": return Sddl.Numeric(given[0], Bytes(given[1]));
                case "SetSecurity": return FileSecurity.Set(given[0], given[1]);
                case "AreStreamsKept": return FileStreams.AreSupported(given[0]);
                case "Streams": return FileStreams.Names(File(given[0]));
                case "StreamNames": return StreamNames.In(Bytes(given[0]));
                case "TryEnable": return Privileges.TryEnable(given[0]);
                default: return Done(name, given);
            }
        }

        private static object Done(string name, List<string> given)
        {
            switch (name)
            {
                case "CreateFolder": Win32.CreateFolder(given[0]); break;
                case "CreateClosedFolder": FolderSecurity.CreateClosedFolder(given[0]); break;
                case "DeleteFolder": Win32.DeleteFolder(given[0]); break;
                case "Write": Win32.Write(File(given[0]), Bytes(given[1]), given[1].Length / 2); break;
                case "SetFacts":
                    Win32.SetFacts(File(given[0]), Number(given[1]), Number(given[2]), (uint)Number(given[3]));
                    break;
                case "SetFactsOf":
                    Win32.SetFacts(given[0], Number(given[1]), Number(given[2]), (uint)Number(given[3]));
                    break;
                case "Flush": Win32.Flush(File(given[0])); break;
                case "FlushVolume": Win32.FlushVolume(given[0]); break;
                case "FlushFolder": Win32.FlushFolder(given[0]); break;
                case "Move": Win32.Move(given[0], given[1], bool.Parse(given[2])); break;
                case "CreateHardLink": Win32.CreateHardLink(given[0], given[1]); break;
                case "Delete": Win32.Delete(given[0]); break;
                case "Patience":
                    LockedFileRetry.Budget = (int)Number(given[0]);
                    LockedFileRetry.Reset();
                    break;
                case "Truncate": Win32.Truncate(File(given[0])); break;
                case "Close": Open[FileNumber(given[0])].Dispose(); break;
                default: throw new MissingMethodException("Win32", name);
            }
            return null;
        }

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode)]
        private static extern global::Microsoft.Win32.SafeHandles.SafeFileHandle CreateFileW(string name, uint access,
            uint share, IntPtr security, uint disposition, uint flags, IntPtr template);

        private static object ToCopy(string path)
        {
            bool isWritten;
            string file = Kept(Win32.OpenToCopy(path, out isWritten));
            return new object[] { file, isWritten };
        }

        private static object NamesOf(SafeFileHandle file)
        {
            uint names;
            Win32.Facts(file, out names);
            return (long)names;
        }

        private static object FactsOrNull(string path)
        {
            FileFacts facts;
            return Win32.TryFacts(path, out facts) ? (object)facts : null;
        }

        private static string Read(SafeFileHandle file, long count)
        {
            byte[] buffer = new byte[count];
            return Digits(buffer, Win32.Read(file, buffer, buffer.Length));
        }

        private static string Digits(byte[] bytes)
        {
            return Digits(bytes, bytes.Length);
        }

        private static string Digits(byte[] bytes, int count)
        {
            return BitConverter.ToString(bytes, 0, count).Replace("-", "").ToLowerInvariant();
        }

        private static SafeFileHandle File(string name)
        {
            return (SafeFileHandle)Open[FileNumber(name)];
        }

        private static long Number(string text)
        {
            return long.Parse(text, CultureInfo.InvariantCulture);
        }

        private static byte[] Bytes(string digits)
        {
            byte[] bytes = new byte[digits.Length / 2];
            for (int index = 0; index < bytes.Length; index++)
                bytes[index] = Convert.ToByte(digits.Substring(index * 2, 2), 16);
            return bytes;
        }

        private static int FileNumber(string name)
        {
            return int.Parse(name.Substring(1), CultureInfo.InvariantCulture);
        }

        private static string Kept(IDisposable file)
        {
            if (file == null)
                return null;
            Open.Add(file);
            return "#" + (Open.Count - 1).ToString(CultureInfo.InvariantCulture);
        }

        private static string Json(object value)
        {
            if (value == null)
                return "null";
            if (value is bool)
                return (bool)value ? "true" : "false";
            if (value is string)
                return Quoted((string)value);
            if (value is IDictionary)
                return Members((IDictionary)value);
            if (value is IEnumerable)
                return Items((IEnumerable)value);
            if (value.GetType().IsPrimitive)
                return Convert.ToString(value, CultureInfo.InvariantCulture);
            Dictionary<string, object> fields = new Dictionary<string, object>();
            foreach (FieldInfo field in value.GetType().GetFields())
                fields[field.Name] = field.GetValue(value);
            return Members(fields);
        }

        private static string Members(IDictionary members)
        {
            List<string> parts = new List<string>();
            foreach (DictionaryEntry member in members)
                parts.Add(Quoted((string)member.Key) + ": " + Json(member.Value));
            return "{" + string.Join(", ", parts.ToArray()) + "}";
        }

        private static string Items(IEnumerable items)
        {
            List<string> parts = new List<string>();
            foreach (object item in items)
                parts.Add(Json(item));
            return "[" + string.Join(", ", parts.ToArray()) + "]";
        }

        private static string Quoted(string text)
        {
            StringBuilder quoted = new StringBuilder("\"");
            foreach (char character in text)
                quoted.Append(@"\u").Append(((int)character).ToString("x4", CultureInfo.InvariantCulture));
            return quoted.Append('"').ToString();
        }
    }
}
