// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Security;
using System.Security.Principal;
using System.Text;
using Microsoft.Win32;

namespace IdentityOpsAgent
{
    /// <summary>
    /// The names, users, drives and registry of this computer: every call into Windows for that. What Windows refuses
    /// becomes a SystemError.
    /// </summary>
    internal static class Computer
    {
        private const int AccessDenied = 5, MoreData = 234;

        public static string HostName()
        {
            return ComputerName(NativeMethods.DnsHostName);
        }

        public static string FullyQualifiedName()
        {
            return ComputerName(NativeMethods.DnsFullyQualified);
        }

        private static string ComputerName(int form)
        {
            uint size = 0;
            if (!NativeMethods.GetComputerNameExW(form, null, ref size) && Marshal.GetLastWin32Error() != MoreData)
                throw Win32.Failure(Marshal.GetLastWin32Error());
            StringBuilder name = new StringBuilder((int)size);
            Check(NativeMethods.GetComputerNameExW(form, name, ref size));
            return name.ToString();
        }

        public static string MachineGuid()
        {
            Dictionary<string, string> values = RegistryValues(@"SOFTWARE\Microsoft\Cryptography");
            string guid;
            return values != null && values.TryGetValue("MachineGuid", out guid) ? guid : "";
        }

        public static string UserName()
        {
            using (WindowsIdentity user = WindowsIdentity.GetCurrent())
                return user.Name;
        }

        public static string ProgramData()
        {
            return Environment.GetFolderPath(Environment.SpecialFolder.CommonApplicationData).TrimEnd(Win32.Separator);
        }

        /// <summary>A variable of this process; null if it has none of the name.</summary>
        public static string EnvironmentValue(string name)
        {
            return Environment.GetEnvironmentVariable(name);
        }

        /// <summary>
        /// Windows' own System32. A 32-bit process sees another folder by that name, and this one as Sysnative
        /// (Microsoft Learn: File System Redirector).
        /// </summary>
        public static string SystemFolder()
        {
            bool isRedirected = Environment.Is64BitOperatingSystem && !Environment.Is64BitProcess;
            return EnvironmentValue("windir") + Win32.Separator + (isRedirected ? "Sysnative" : "System32");
        }

        /// <summary>
        /// Leaves out a drive whose facts cannot be read (locked by BitLocker, not formatted): no data can be there.
        /// </summary>
        public static List<DriveFacts> FixedDrives()
        {
            List<DriveFacts> drives = new List<DriveFacts>();
            foreach (string root in Environment.GetLogicalDrives())
            {
                StringBuilder fileSystem = new StringBuilder(64);
                DriveFacts drive = new DriveFacts { Root = root };
                if (NativeMethods.GetDriveTypeW(root) != NativeMethods.FixedDrive
                    || !NativeMethods.GetVolumeInformationW(root, null, 0, IntPtr.Zero, IntPtr.Zero, IntPtr.Zero,
                        fileSystem, fileSystem.Capacity)
                    || !NativeMethods.GetDiskFreeSpaceExW(root, out drive.FreeBytes, out drive.Bytes, IntPtr.Zero))
                    continue;
                drive.FileSystem = fileSystem.ToString();
                drives.Add(drive);
            }
            return drives;
        }

        /// <summary>
        /// The texts of a key; a list of texts as lines. Null if the key does not exist. Always in the 64-bit view,
        /// where a 64-bit product writes.
        /// </summary>
        public static Dictionary<string, string> RegistryValues(string keyBelowLocalMachine)
        {
            return InRegistry(keyBelowLocalMachine, StringsOf);
        }

        /// <summary>A DWORD, in the same view; null if there is none of the name.</summary>
        public static int? RegistryNumber(string keyBelowLocalMachine, string name)
        {
            return InRegistry(keyBelowLocalMachine, delegate(RegistryKey key) { return key.GetValue(name) as int?; });
        }

        // The default of T if the key does not exist.
        private static T InRegistry<T>(string keyBelowLocalMachine, Func<RegistryKey, T> read)
        {
            try
            {
                using (RegistryKey machine = RegistryKey.OpenBaseKey(RegistryHive.LocalMachine,
                    RegistryView.Registry64))
                using (RegistryKey key = machine.OpenSubKey(keyBelowLocalMachine))
                    return key == null ? default(T) : read(key);
            }
            catch (SecurityException)
            {
                throw Win32.Failure(AccessDenied);
            }
            catch (UnauthorizedAccessException)
            {
                throw Win32.Failure(AccessDenied);
            }
        }

        private static Dictionary<string, string> StringsOf(RegistryKey key)
        {
            Dictionary<string, string> values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            foreach (string name in key.GetValueNames())
            {
                object value = key.GetValue(name);   // a text is expanded; other kinds of value are other types
                string text = value is string[] ? string.Join("\n", (string[])value) : value as string;
                if (text != null)
                    values[name] = text;
            }
            return values;
        }

        private static void Check(bool done)
        {
            if (!done)
                throw Win32.Failure(Marshal.GetLastWin32Error());
        }
    }
}
