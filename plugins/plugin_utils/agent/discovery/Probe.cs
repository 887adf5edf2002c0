// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // The operations that only read: probe and list.
    internal static class Probe
    {
        public static Answer Run(JsonMap request)
        {
            Answer answer = new Answer();
            bool measure = request.Flag("measure", false);
            JsonMap ownPaths = request.MapOrEmpty("component_paths");
            string deployment = DeploymentOrNull(request);
            List<JsonMap> installations = new List<JsonMap>();
            foreach (Installation found in Installation.FindAll(Product.ListOf(request)))
                installations.Add(Described(found, ownPaths, measure));
            List<JsonMap> roots = new List<JsonMap>();
            foreach (string root in request.Texts("roots"))
                roots.Add(DescribedRoot(Paths.Absolute(root, "roots"), deployment)
                    .Set("inside", ProductFolders.Holding(request, Paths.Absolute(root, "roots"))));
            answer.Members.Set("computer", DescribedComputer())
                .Set("drives", Computer.FixedDrives().ConvertAll<JsonMap>(DescribedDrive))
                .Set("installations", installations).Set("roots", roots).Set("busy", HostLock.Busy());
            return answer;
        }

        public static Answer List(JsonMap request)
        {
            Answer answer = new Answer();
            string root = Paths.Absolute(request.Text("root"), "root");
            try
            {
                FileFacts facts;
                answer.Members.Set("exists", Win32.TryFacts(root, out facts));
                string only = request.TextOrNull("only");
                SetList.Describe(answer.Members, root, DeploymentOrNull(request),
                    only == null ? null : Names.SetId(only));
            }
            catch (SystemError error)
            {
                throw RootFailure.Unreadable("The sets were not listed", root, error);
            }
            return answer;
        }

        private static string DeploymentOrNull(JsonMap request)
        {
            string text = request.TextOrNull("deployment");
            return text == null ? null : Names.Deployment(text);
        }

        private static JsonMap DescribedComputer()
        {
            return new JsonMap().Set("server", Names.ThisServer()).Set("fqdn", Computer.FullyQualifiedName())
                .Set("machine_guid", Computer.MachineGuid()).Set("user", Computer.UserName())
                .Set("processors", Environment.ProcessorCount).Set("agent", ThisAgent.SourceHash)
                .Set("language_runtime", Environment.Version.ToString());
        }

        private static JsonMap DescribedDrive(DriveFacts drive)
        {
            return new JsonMap().Set("root", drive.Root).Set("file_system", drive.FileSystem).Set("bytes", drive.Bytes)
                .Set("free_bytes", drive.FreeBytes);
        }

        private static JsonMap Described(Installation found, JsonMap ownPaths, bool measure)
        {
            List<JsonMap> components = new List<JsonMap>();
            foreach (ProductComponent component in found.Product.Components)
            {
                string own = ownPaths.TextOrNull(component.Name);
                string path = own != null
                    ? Paths.Absolute(own, "component_paths") : found.Product.Locate(component, found.Folder);
                JsonMap described = new JsonMap().Set("name", component.Name).Set("path", path).Set("exists", false)
                    .Set("required", component.Required).Set("files", null).Set("directories", null).Set("bytes", null)
                    .Set("problems", null);
                if (path != null)
                    Measure(described, component.Name, path, measure);
                components.Add(described);
            }
            return new JsonMap().Set("version", found.Product.Version).Set("folder", found.Folder)
                .Set("found_by", found.FoundBy).Set("components", components);
        }

        // A probe reports a folder that cannot be reached as absent. A backup says why.
        private static void Measure(JsonMap described, string component, string path, bool measure)
        {
            try
            {
                FileFacts facts;
                if (!Win32.TryFacts(path, out facts))
                    return;
                Tree tree = measure ? Tree.Walk(component, Paths.ResolveLinks(path), Selection.Everything()) : null;
                described.Set("exists", true);
                if (tree != null)
                    described.Set("files", tree.Files.Count).Set("directories", tree.Folders.Count)
                        .Set("bytes", tree.Bytes).Set("problems", tree.Problems.Count);
            }
            catch (SystemError)
            {
                described.Set("exists", false);
            }
        }

        private static JsonMap DescribedRoot(string root, string deployment)
        {
            JsonMap described = new JsonMap().Set("path", root).Set("exists", false).Set("free_bytes", null)
                .Set("writable_by", null).Set("error", null);
            try
            {
                FileFacts facts;
                string existing = Paths.NearestExisting(root);
                described.Set("exists", Win32.TryFacts(root, out facts));
                if (existing == root)
                    described.Set("writable_by", FolderTrust.Writers(root));
                if (existing == null)
                    described.Set("error", "The drive or share is not there.");
                else
                    described.Set("free_bytes", Win32.FreeBytes(existing));
                SetList.Describe(described, root, deployment, null);
            }
            catch (SystemError error)
            {
                string told = (error.Message + " " + RootFailure.Next(root, error, "")).TrimEnd();
                described.Set("error", told).Set("sets", new List<JsonMap>()).Set("set_count", 0)
                    .Set("passed_over", new List<JsonMap>()).Set("passed_over_count", 0);
            }
            return described;
        }
    }
}
