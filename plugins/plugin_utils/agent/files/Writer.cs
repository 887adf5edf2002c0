// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.IO;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // Every write into a set or into a restored component.
    // A write that fails is an AgentError `write_failed` with the path: it ends the operation.
    internal sealed class Writer
    {
        public const string ErrorCode = "write_failed";

        private readonly string what;
        private readonly string next;
        private readonly bool flushEach;

        // flushEach: the volume will not be flushed, so every file is flushed to the disk.
        public Writer(string what, string next, bool flushEach)
        {
            this.what = what;
            this.next = next;
            this.flushEach = flushEach;
        }

        public SafeFileHandle Create(string path)
        {
            SafeFileHandle file = null;
            Try(path, delegate { file = Win32.OpenNew(path); });
            return file;
        }

        public SafeFileHandle CreateStream(string path, string name)
        {
            SafeFileHandle stream = null;
            Try(path, delegate { stream = FileStreams.OpenNew(path, name); });
            return stream;
        }

        public void Write(SafeFileHandle file, string path, byte[] buffer, int count)
        {
            try
            {
                Win32.Write(file, buffer, count);
            }
            catch (SystemError error)
            {
                throw Failed(path, error);
            }
        }

        public void Finish(SafeFileHandle file, string path, FileFacts facts)
        {
            Try(path,
                delegate { Win32.SetFacts(file, facts.Created, facts.Written, facts.Attributes & Attributes.Stored); });
            FlushEach(file, path);
        }

        // Flushes a file to the disk if the volume will not be flushed.
        public void FlushEach(SafeFileHandle file, string path)
        {
            if (flushEach)
                Try(path, delegate { Win32.Flush(file); });
        }

        public void SetFacts(string path, FileFacts facts)
        {
            Try(path,
                delegate { Win32.SetFacts(path, facts.Created, facts.Written, facts.Attributes & Attributes.Stored); });
        }

        // Makes a folder and the missing ones above it. An existing one is accepted.
        public void EnsureFolder(string path, Action<string> create)
        {
            Try(path, delegate
            {
                FileFacts facts;
                if (Win32.TryFacts(path, out facts))
                    return;
                string parent = Paths.Parent(path);
                if (parent != null)
                    EnsureFolder(parent, create);
                try
                {
                    create(path);
                }
                catch (SystemError error)
                {
                    if (!SystemCodes.IsTaken(error))
                        throw;
                }
            });
        }

        public void CreateFolder(string path)
        {
            Try(path, delegate { Win32.CreateFolder(path); });
        }

        public void Delete(string path)
        {
            Try(path, delegate { Win32.Delete(path); });
        }

        public void DeleteFolder(string path)
        {
            Try(path, delegate { Win32.DeleteFolder(path); });
        }

        public void Move(string from, string to, bool replace)
        {
            Try(to, delegate { Win32.Move(from, to, replace); });
        }

        // Flushes everything written so far to the disk.
        public void Flush(string folder)
        {
            if (!flushEach)
                Try(folder, delegate { Win32.FlushVolume(folder); });
        }

        // Writes a small document whole or not at all, and never replaces another one.
        public void Publish(string folder, string name, byte[] content)
        {
            Publish(folder, name, content, "." + name + "." + Guid.NewGuid().ToString("N").Substring(0, 8) + ".tmp");
        }

        // `draftName`: the file's name until it is complete.
        public void Publish(string folder, string name, byte[] content, string draftName)
        {
            string path = Paths.Combine(folder, name);
            string draft = Paths.Combine(folder, draftName);
            Try(path, delegate
            {
                AtomicFile.Write(draft, path, content, false);
                Win32.FlushFolder(folder);
            });
        }

        // A long list that is written line by line.
        public ListFile List(string path)
        {
            return new ListFile(this, path, flushEach);
        }

        public void Try(string path, Action write)
        {
            try
            {
                write();
            }
            catch (SystemError error)
            {
                throw Failed(path, error);
            }
        }

        private AgentError Failed(string path, SystemError error)
        {
            return new AgentError(ErrorCode, what, path, error.Message, RootFailure.Next(path, error, next));
        }
    }

    // A text file in UTF-8 that is written line by line and computes its digest.
    internal sealed class ListFile : IDisposable
    {
        private static readonly UTF8Encoding Encoding = new UTF8Encoding(false, true);

        private readonly Writer writer;
        private readonly string path;
        private readonly bool flush;
        private readonly SafeFileHandle file;
        private readonly MemoryStream waiting = new MemoryStream(96 * 1024);
        private readonly HashAlgorithm hash = Hashing.New();

        public ListFile(Writer writer, string path, bool flush)
        {
            this.writer = writer;
            this.path = path;
            this.flush = flush;
            file = writer.Create(path);
        }

        public void Line(string text)
        {
            byte[] bytes = Encoding.GetBytes(text + "\n");
            waiting.Write(bytes, 0, bytes.Length);
            if (waiting.Length >= 64 * 1024)
                WriteBuffered();
        }

        public string Finish()
        {
            WriteBuffered();
            if (flush)
                writer.Try(path, delegate { Win32.Flush(file); });
            return Hashing.Hex(Hashing.Finish(hash));
        }

        public void Dispose()
        {
            file.Dispose();
            hash.Dispose();
        }

        private void WriteBuffered()
        {
            int count = (int)waiting.Length;
            hash.TransformBlock(waiting.GetBuffer(), 0, count, null, 0);
            writer.Write(file, path, waiting.GetBuffer(), count);
            waiting.SetLength(0);
        }
    }
}
