// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace IdentityOpsAgent
{
    /// <summary>
    /// One of Windows' scripting objects, used by names alone (IDispatch), without a type library. What it refuses
    /// becomes a SystemError.
    /// </summary>
    internal sealed class Automation
    {
        private const int OfWindows = 0x8007;   // HRESULT_FROM_WIN32
        private const int NoSuchInterface = unchecked((int)0x80004002);

        /// <summary>The object in .NET: a number, a text, a boolean, or a COM object.</summary>
        public readonly object Value;

        private Automation(object value)
        {
            Value = value;
        }

        public static Automation New(string name)
        {
            Type type = Type.GetTypeFromProgID(name);
            if (type == null)
                throw Failure(new COMException(name, NoSuchInterface));
            return Tried(delegate { return Activator.CreateInstance(type); });
        }

        public Automation Call(string name, params object[] arguments)
        {
            return Invoke(BindingFlags.InvokeMethod, name, arguments);
        }

        /// <summary>A property; with an argument, one item of a collection.</summary>
        public Automation Get(string name, params object[] arguments)
        {
            return Invoke(BindingFlags.GetProperty, name, arguments);
        }

        public void Set(string name, object value)
        {
            Invoke(BindingFlags.SetProperty, name, new[] { value });
        }

        public long Number()
        {
            return Convert.ToInt64(Value, CultureInfo.InvariantCulture);
        }

        private static Automation Tried(Func<object> act)
        {
            try
            {
                return new Automation(act());
            }
            catch (TargetInvocationException error)
            {
                throw Failure(error);
            }
            catch (COMException error)
            {
                throw Failure(error);
            }
        }

        // Windows' own number if the error contains one, such as 1058 for a disabled service; otherwise the whole
        // HRESULT.
        private static SystemError Failure(Exception error)
        {
            Exception cause = error is TargetInvocationException ? error.InnerException ?? error : error;
            int code = Marshal.GetHRForException(cause);
            return new SystemError((code >> 16 & 0xFFFF) == OfWindows ? code & 0xFFFF : code, cause.Message.Trim());
        }

        private Automation Invoke(BindingFlags how, string name, object[] arguments)
        {
            object[] plain = Array.ConvertAll(arguments, delegate(object argument)
            {
                Automation wrapped = argument as Automation;
                return wrapped == null ? argument : wrapped.Value;
            });
            return Tried(delegate
            {
                return Value.GetType().InvokeMember(name, how, null, Value, plain, CultureInfo.InvariantCulture);
            });
        }
    }
}
