// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.IO;

namespace IdentityOpsAgent
{
    /// <summary>
    /// The lab's twin of the shipped Computer.cs: a host as its environment describes it, with registry.json beside
    /// its drives.
    /// </summary>
    internal static class Computer
    {
        public static string HostName()
        {
            return LabComputer.HostName();
        }

        public static string FullyQualifiedName()
        {
            return LabComputer.Setting("LAB_FQDN") ?? HostName();
        }

        public static string MachineGuid()
        {
            return LabComputer.Setting("LAB_MACHINE_GUID") ?? "";
        }

        public static string UserName()
        {
            return LabComputer.UserName();
        }

        public static string ProgramData()
        {
            return LabComputer.Root() + "/C/ProgramData";
        }

        /// <summary>Of a Windows host on drive C, in any case.</summary>
        public static string EnvironmentValue(string name)
        {
            switch (name.ToUpperInvariant())
            {
                case "PROGRAMDATA":
                case "ALLUSERSPROFILE": return ProgramData();
                case "SYSTEMDRIVE": return LabComputer.Root() + "/C";
                case "SYSTEMROOT":
                case "WINDIR": return LabComputer.Root() + "/C/Windows";
                case "PROGRAMFILES":
                case "PROGRAMW6432": return LabComputer.Root() + "/C/Program Files";
                default: return null;
            }
        }

        /// <summary>With the habit of a process of 32 bits, what that calls Windows' own.</summary>
        public static string SystemFolder()
        {
            bool isRedirected = LabHabits.Current != null && LabHabits.Current.IsProcessOf32Bit;
            return EnvironmentValue("windir") + (isRedirected ? "/Sysnative" : "/System32");
        }

        public static List<DriveFacts> FixedDrives()
        {
            List<DriveFacts> drives = new List<DriveFacts>();
            foreach (FoundEntry entry in Win32.Enumerate(LabComputer.Root()))
            {
                if (entry.Name.Length != 1 || (entry.Attributes & Win32.Directory) == 0)
                    continue;
                string root = LabComputer.Root() + "/" + entry.Name + "/";
                Libc.Volume volume = Win32.StatVolume(root);
                drives.Add(new DriveFacts
                {
                    Root = root,
                    FileSystem = "NTFS",                               // the part that the folder plays
                    Bytes = volume.Blocks * volume.FragmentSize,
                    FreeBytes = Win32.FreeBytes(root)
                });
            }
            drives.Sort((left, right) => string.CompareOrdinal(left.Root, right.Root));
            return drives;
        }

        public static int? RegistryNumber(string keyBelowLocalMachine, string name)
        {
            Dictionary<string, object> key = RegistryKey(keyBelowLocalMachine);
            object value;
            return key != null && key.TryGetValue(name, out value) && value is long ? (int)(long)value : (int?)null;
        }

        private const string Services = @"SYSTEM\CurrentControlSet\Services\";

        // A service has a key there.
        private static Dictionary<string, object> RegistryKey(string keyBelowLocalMachine)
        {
            if (keyBelowLocalMachine.StartsWith(Services, StringComparison.OrdinalIgnoreCase))
                return LabServices.List(LabServices.Read(), "services").Exists(service => string.Equals(
                    LabServices.Text(service, "name"), keyBelowLocalMachine.Substring(Services.Length),
                    StringComparison.OrdinalIgnoreCase)) ? new Dictionary<string, object>() : null;
            string file = LabComputer.Root() + "/registry.json";
            if (File.Exists(file))
                foreach (KeyValuePair<string, object> key in LabJson.Object(File.ReadAllText(file)))
                    if (string.Equals(key.Key, keyBelowLocalMachine, StringComparison.OrdinalIgnoreCase))
                        return (Dictionary<string, object>)key.Value;
            return null;
        }

        public static Dictionary<string, string> RegistryValues(string keyBelowLocalMachine)
        {
            Dictionary<string, object> key = RegistryKey(keyBelowLocalMachine);
            if (key == null)
                return null;
            Dictionary<string, string> values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            foreach (KeyValuePair<string, object> value in key)
                if (value.Value is string)
                    values[value.Key] = (string)value.Value;
                else if (value.Value is List<object>)
                    values[value.Key] = string.Join("\n",
                        ((List<object>)value.Value).ConvertAll(line => (string)line));
            return values;
        }
    }
}
