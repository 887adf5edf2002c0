// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;

namespace IdentityOpsAgent
{
    // FILETIME (100 ns since 1601, UTC) as text and back: always 2026-11-22T15:04:05.1234567Z. Nothing is rounded.
    internal static class Timestamps
    {
        private const string Form = "0000-00-00T00:00:00.0000000Z";
        private static readonly long Most = DateTime.MaxValue.ToFileTimeUtc();

        public static long Now()
        {
            return WallClock.Now();
        }

        // A time outside of the calendar becomes the nearest one in it.
        public static string Text(long time)
        {
            DateTime date = DateTime.FromFileTimeUtc(Math.Max(0, Math.Min(Most, time)));
            char[] text = Form.ToCharArray();
            Put(text, 0, 4, date.Year);
            Put(text, 5, 2, date.Month);
            Put(text, 8, 2, date.Day);
            Put(text, 11, 2, date.Hour);
            Put(text, 14, 2, date.Minute);
            Put(text, 17, 2, date.Second);
            Put(text, 20, 7, (int)(date.Ticks % TimeSpan.TicksPerSecond));
            return new string(text);
        }

        public static long Parse(string text)
        {
            try
            {
                CheckForm(text);
                DateTime second = new DateTime(Get(text, 0, 4), Get(text, 5, 2), Get(text, 8, 2),
                    Get(text, 11, 2), Get(text, 14, 2), Get(text, 17, 2), DateTimeKind.Utc);
                return second.AddTicks(Get(text, 20, 7)).ToFileTimeUtc();
            }
            catch (ArgumentOutOfRangeException)
            {
                throw new FormatError("'" + text + "' is not a time");
            }
        }

        private static void CheckForm(string text)
        {
            if (text.Length != Form.Length)
                throw new FormatError("'" + text + "' is not a time");
            for (int i = 0; i < text.Length; i++)
            {
                bool right = Form[i] == '0' ? text[i] >= '0' && text[i] <= '9' : text[i] == Form[i];
                if (!right)
                    throw new FormatError("'" + text + "' is not a time");
            }
        }

        private static void Put(char[] text, int start, int digits, int value)
        {
            for (int i = start + digits - 1; i >= start; i--)
            {
                text[i] = (char)('0' + value % 10);
                value /= 10;
            }
        }

        private static int Get(string text, int start, int digits)
        {
            int value = 0;
            for (int i = start; i < start + digits; i++)
                value = value * 10 + (text[i] - '0');
            return value;
        }
    }
}
