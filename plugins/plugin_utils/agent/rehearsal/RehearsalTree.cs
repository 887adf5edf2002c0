// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // The hard cases, each in a folder of its own below the tree, and what is done to them later. A case that the
    // system refuses is reported, and the others are made.
    internal sealed class RehearsalTree
    {
        public const int SmallFiles = 80, SmallBytes = 4096;
        public const long LeastBytes = 1024 * 1024;   // of a tree without its large file

        private const int NotSupported = 50;
        private const long Old = 123456789012345678, Older = 120000000000000007;   // 1992 and 1981, to 100 ns
        private const string Long = "a-folder-whose-name-is-long-enough-for-260";

        private static readonly byte[] Few = Encoding.ASCII.GetBytes("made by a rehearsal\r\n");

        private readonly string top;
        private readonly List<JsonMap> notMade = new List<JsonMap>();

        public RehearsalTree(string top)
        {
            this.top = top;
        }

        // {case, cause, code}: code 0 if the system accepted it but kept something else.
        public List<JsonMap> NotMade
        {
            get { return notMade; }
        }

        public void Make(long largeBytes)
        {
            Win32.CreateFolder(top);
            Case("names", UnusualNames);
            Case("long", LongPath);
            Case("reserved", Reserved);
            Case("twins", delegate
            {
                RehearsalCalls.MindCase(At("twins"));
                Files("twins", "twin.txt", "TWIN.txt");
            });
            Case("plain", Plain);
            Case("speed", delegate { Speed(largeBytes); });
            Case("open", delegate { Files("open", "reading.bin", "shared.bin", "writing.bin", "exclusive.bin"); });
            Case("streams", Streams);
            Case("links", delegate
            {
                Files("links", "one.txt");
                Win32.CreateHardLink(At("links/one.txt"), At("links/two.txt"));
            });
            Case("junction", delegate
            {
                Folder("junction/inside");
                Files("junction/inside", "a.txt");
                RehearsalCalls.MakeJunction(At("junction/link"), At("junction/inside"));
            });
            Case("sparse", delegate
            {
                Files("sparse", "a.bin");
                RehearsalCalls.MakeSparse(At("sparse/a.bin"));
                RequireMark("sparse/a.bin", Attributes.Sparse);
            });
            Case("compressed", delegate
            {
                Files("compressed", "a.bin");
                RehearsalCalls.MakeCompressed(At("compressed/a.bin"));
                RequireMark("compressed/a.bin", Attributes.Compressed);
            });
            Case("security", Security);
            Case("owner", Owner);
            Case("attributes", AttributesOf);
            Case("times", Times);   // last: a new entry in a folder changes its time
        }

        // Makes differences from the record: in content, times, attributes, streams and lists; missing, additional
        // and of another kind.
        public List<string> Damage()
        {
            List<string> damaged = new List<string>();
            for (int i = 0; i < SmallFiles; i += 2)
                Try(damaged, "speed/" + i + ".bin", delegate(string path) { Rewrite(path, Small(i + 1)); });
            Try(damaged, "plain/a.txt", delegate(string path)
            {
                Rewrite(path, Encoding.ASCII.GetBytes("something else, and longer than before\r\n"));
            });
            Try(damaged, "plain/b.txt", Win32.Delete);
            Try(damaged, "plain/folder/empty", Win32.DeleteFolder);
            Try(damaged, "plain/zero.bin", delegate(string path)
            {
                if (SetFolder.IsFolder(path))   // it is damaged already
                    return;
                Win32.Delete(path);
                Win32.CreateFolder(path);
                Put(Paths.Combine(path, "inside.txt"), Few);
            });
            Try(damaged, "plain/added.txt", delegate(string path) { Put(path, Few); });
            Try(damaged, "plain/added folder", delegate(string path)
            {
                Win32.CreateFolder(path);
                Put(Paths.Combine(path, "deep.txt"), Few);
            });
            Try(damaged, "names/with blanks.txt", Win32.Delete);
            Try(damaged, "long/" + Long, delegate(string path) { Deletion.TryDelete(path); });
            Try(damaged, "times/old.txt",
                delegate(string path) { Win32.SetFacts(path, Old + 7, Old + 7, Win32.Archive); });
            Try(damaged, "times/folder", Win32.DeleteFolder);
            Try(damaged, "attributes/read-only.txt", Ordinary);
            Try(damaged, "attributes/hidden.txt", Ordinary);
            Try(damaged, "attributes/system.txt", Win32.Delete);
            Try(damaged, "streams/a.txt", delegate(string path) { FileStreams.Delete(path, "first"); });
            Try(damaged, "streams/b.txt", Win32.Delete);
            if (FileSecurity.IsSupported(top))
            {
                Try(damaged, "security/explicit.txt", Win32.Delete);
                Try(damaged, "security/protected", delegate(string path) { Deletion.TryDelete(path); });
                Try(damaged, "security/denying",
                    delegate(string path) { FileSecurity.Set(path, OwnersOf(path) + "D:(A;;FR;;;BG)"); });
                Try(damaged, "owner/a.txt", Win32.Delete);
            }
            return damaged;
        }

        private void UnusualNames()
        {
            Files("names", "with blanks.txt", "\u00dcml\u00e4ut \u00df.txt", "\u65e5\u672c\u8a9e.txt",
                "\ud83d\ude80.txt", "it's 100% #1 & {more}.txt", ".begins with a dot", new string('n', 190) + ".txt");
        }

        private void LongPath()
        {
            string path = "long";
            for (int i = 0; i < 7; i++)
                Folder(path += "/" + Long);
            Files(path, "deep.txt");
        }

        // Names that Windows accepts only after \\?\: a backup reports them as problems.
        private void Reserved()
        {
            Files("reserved", "dot.", "blank ", "nul", "con.txt");
        }

        private void Plain()
        {
            Files("plain", "a.txt", "b.txt", "c.txt");
            Put(At("plain/zero.bin"), new byte[0]);
            Folder("plain/folder");
            Folder("plain/folder/empty");
        }

        private void Speed(long largeBytes)
        {
            for (int i = 0; i < SmallFiles; i++)
                Put(At("speed/" + i + ".bin"), Small(i));
            byte[] large = new byte[largeBytes];
            new Random(1).NextBytes(large);
            Put(At("speed/large.bin"), large);
        }

        private void Streams()
        {
            Files("streams", "a.txt", "b.txt");
            Folder("streams/folder");
            if (!FileStreams.AreSupported(top))
                throw new SystemError(NotSupported, "The file system keeps no alternate data streams.");
            foreach (string path in new[] { "streams/a.txt", "streams/b.txt", "streams/folder" })
            {
                PutStream(At(path), "first", new byte[1000]);
                PutStream(At(path), "second", new byte[0]);
            }
        }

        private void Security()
        {
            Files("security", "explicit.txt", "inherited.txt");
            Folder("security/protected");
            Folder("security/denying");
            RequireKept();
            // Every Windows has the group Guests; the account of the run keeps its rights.
            Secure("security/explicit.txt", "D:(A;;FR;;;BG)");
            Secure("security/denying", "D:(D;OICI;WP;;;BG)(A;OICI;FR;;;BG)");
            Secure("security/protected", "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FR;;;BG)");
            Files("security/denying", "below.txt");
            Files("security/protected", "below.txt");
        }

        private void Owner()
        {
            Files("owner", "a.txt");
            RequireKept();
            Secure("owner/a.txt", "O:SYG:SYD:");
        }

        private void RequireKept()
        {
            if (!FileSecurity.IsSupported(top))
                throw new SystemError(NotSupported, "The file system keeps no access lists.");
        }

        // Some systems report success but do nothing.
        private void RequireMark(string path, uint mark)
        {
            if ((RehearsalCalls.Look(At(path)).Attributes & mark) == 0)
                throw new SystemError(NotSupported, "The system reported success, but the file did not change.");
        }

        private void AttributesOf()
        {
            Files("attributes", "read-only.txt", "hidden.txt", "system.txt", "all.txt");
            Folder("attributes/hidden folder");
            Fact("attributes.read_only", "attributes/read-only.txt", 0, Win32.ReadOnly);
            Fact("attributes.hidden_system", "attributes/hidden.txt", 0, Win32.Hidden);
            Fact("attributes.hidden_system", "attributes/system.txt", 0, Win32.System);
            Fact("attributes.hidden_system", "attributes/all.txt", 0, Win32.ReadOnly | Win32.Hidden | Win32.System);
            Fact("attributes.hidden_system", "attributes/hidden folder", 0, Win32.Hidden);
        }

        private void Times()
        {
            Files("times", "old.txt", "older.txt");
            Folder("times/folder");
            Fact("times", "times/old.txt", Old, 0);
            Fact("times", "times/older.txt", Older, 0);
            Fact("times", "times/folder", Old, 0);
        }

        // Sets what a person or a program may set, and checks whether it was kept.
        private void Fact(string name, string path, long time, uint attributes)
        {
            const uint mask = Win32.ReadOnly | Win32.Hidden | Win32.System;
            Win32.SetFacts(At(path), time, time, attributes);
            ObservedFacts seen = RehearsalCalls.Look(At(path));
            if (time != 0 && seen.Created != time)
                Note("times.created",
                    "Set to " + Timestamps.Text(time) + ", it is " + Timestamps.Text(seen.Created) + ".", 0);
            if (time != 0 && seen.Written != time)
                Note("times.written",
                    "Set to " + Timestamps.Text(time) + ", it is " + Timestamps.Text(seen.Written) + ".", 0);
            if (time == 0 && (seen.Attributes & mask) != attributes)
                Note(name, "Set to " + attributes + ", they are " + (seen.Attributes & mask) + ".", 0);
        }

        private void Ordinary(string path)
        {
            Win32.SetFacts(path, 0, 0, Win32.Archive);
        }

        private void Secure(string path, string sddl)
        {
            string owners = sddl.StartsWith("D:", StringComparison.Ordinal) ? OwnersOf(At(path)) : "";
            if (owners.Length == 0)
                sddl = sddl.Substring(0, sddl.IndexOf("D:", StringComparison.Ordinal)) + ListOf(At(path));
            string refused = FileSecurity.Set(At(path), owners + sddl);
            if (refused != null)
                Note(path.Substring(0, path.IndexOf('/')), refused, 5);
        }

        // "O:...G:..." of what is there, and "D:...", as FileSecurity writes them.
        private static string OwnersOf(string path)
        {
            string text = FileSecurity.Text(FileSecurity.Read(path));
            return text.Substring(0, text.IndexOf("D:", StringComparison.Ordinal));
        }

        private static string ListOf(string path)
        {
            string text = FileSecurity.Text(FileSecurity.Read(path));
            return text.Substring(text.IndexOf("D:", StringComparison.Ordinal));
        }

        private void Case(string name, Action make)
        {
            try
            {
                Folder(name);
                make();
            }
            catch (SystemError error)
            {
                Note(name, error.Message, error.Code);
            }
        }

        private void Note(string name, string cause, int code)
        {
            if (!notMade.Exists(delegate(JsonMap note) { return note.Text("case") == name; }))
                notMade.Add(new JsonMap().Set("case", name).Set("cause", cause).Set("code", code));
        }

        private void Try(List<string> damaged, string path, Action<string> act)
        {
            try
            {
                act(At(path));
                damaged.Add(path);
            }
            catch (SystemError)   // the case was not made
            {
                return;
            }
        }

        private string At(string relative)
        {
            return Paths.Below(top, relative);
        }

        private void Folder(string relative)
        {
            Win32.CreateFolder(At(relative));
        }

        private void Files(string folder, params string[] names)
        {
            foreach (string name in names)
                Put(Paths.Combine(At(folder), name), Encoding.UTF8.GetBytes(name + "\r\n"));
        }

        private static byte[] Small(int number)
        {
            byte[] content = new byte[SmallBytes];
            new Random(number).NextBytes(content);
            return content;
        }

        internal static void Put(string path, byte[] content)
        {
            using (SafeFileHandle file = Win32.OpenNew(path))
            {
                if (content.Length > 0)
                    Win32.Write(file, content, content.Length);
            }
        }

        private static void PutStream(string path, string name, byte[] content)
        {
            using (SafeFileHandle stream = FileStreams.OpenNew(path, name))
            {
                if (content.Length > 0)
                    Win32.Write(stream, content, content.Length);
            }
        }

        private static void Rewrite(string path, byte[] content)
        {
            Win32.Delete(path);
            Put(path, content);
        }
    }
}
