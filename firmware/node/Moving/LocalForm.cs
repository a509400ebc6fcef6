using DePin.Contracts.Flashing;
using DePin.Contracts.Identity;

namespace DePin.Node.Moving
{
    /// <summary>
    /// What the local page's form holds, as bytes: n1 to n3 names of networks, k1 to k3 their keys, h the gateway, p its port, t the
    /// page's token.
    /// </summary>
    public sealed class LocalForm
    {
        /// <summary>Letters of the fields, one form field or three of each.</summary>
        public const string Letters = "nkhpt";

        private const int LeastKeyBytes = 8;
        private const int LongestValue = 128;
        private readonly byte[][] _values = new byte[3 * Networks][];

        private LocalForm()
        {
            for (int i = 0; i < _values.Length; i++)
            {
                _values[i] = new byte[0];
            }
        }

        /// <summary>Rows of the form.</summary>
        public const int Networks = NodeSettings.MaxNetworks;

        /// <summary>What could not be read, in words; empty where all could.</summary>
        public string Problem { get; private set; } = "";

        /// <summary>The value of a field, such as n and 1, or h and 1.</summary>
        public byte[] Value(char letter, int number)
        {
            return _values[Index(letter, number)];
        }

        /// <summary>The form with what the settings say; keys are never shown.</summary>
        public static LocalForm Of(NodeSettings settings)
        {
            LocalForm form = new LocalForm();
            for (int i = 0; i < settings.NetworkNames.Length; i++)
            {
                form._values[Index('n', i + 1)] = settings.NetworkNames[i];
            }

            form._values[Index('h', 1)] = Ascii.Bytes(settings.Host);
            form._values[Index('p', 1)] = Ascii.Bytes(settings.Port.ToString());
            return form;
        }

        /// <summary>Reads application/x-www-form-urlencoded. Fields it does not know are passed over.</summary>
        public static LocalForm Parse(byte[] body)
        {
            LocalForm form = new LocalForm();
            int at = 0;
            while (at < body.Length)
            {
                int end = at;
                while (end < body.Length && body[end] != '&')
                {
                    end++;
                }

                form.Take(body, at, end);
                at = end + 1;
            }

            return form;
        }

        /// <summary>
        /// What follows from the form: networks, gateway and port; trust anchors stay as they are, since who stands at the node is not
        /// known. Null where something is wrong, and <see cref="Problem"/> says what. A key left empty beside a name that is known stays.
        /// </summary>
        public NodeSettings? Apply(NodeSettings before)
        {
            NodeSettings way = new NodeSettings();
            int count = 0;
            for (int i = 1; i <= Networks; i++)
            {
                count += Value('n', i).Length > 0 ? 1 : 0;
                Check(Value('n', i).Length > 0 || Value('k', i).Length == 0, "A key has no network.");
            }

            Check(count > 0, "Name at least one network.");
            way.NetworkNames = new byte[count][];
            way.NetworkKeys = new byte[count][];
            count = 0;
            for (int i = 1; i <= Networks && Problem.Length == 0; i++)
            {
                byte[] name = Value('n', i);
                byte[] key = Value('k', i);
                if (name.Length > 0)
                {
                    Check(name.Length <= NodeSettings.NetworkNameBytes, "A name of a network has at most 32 bytes.");
                    Check(key.Length == 0 || (key.Length >= LeastKeyBytes && key.Length <= NodeSettings.NetworkKeyBytes), "A key has 8 to 64 characters.");
                    way.NetworkNames[count] = name;
                    way.NetworkKeys[count] = key.Length > 0 ? key : KnownKey(before, name);
                    count++;
                }
            }

            byte[] host = Value('h', 1);
            way.Port = Number(Value('p', 1));
            Check(IsHost(host), "The gateway is a name or an address: letters, digits, dots and hyphens.");
            Check(way.Port >= 1 && way.Port <= 65535, "The port is a number from 1 to 65535.");
            way.Anchors = before.Anchors;
            if (Problem.Length > 0)
            {
                return null;
            }

            char[] letters = new char[host.Length];
            for (int i = 0; i < host.Length; i++)
            {
                letters[i] = (char)host[i];
            }

            way.Host = new string(letters);
            return way;
        }

        // The first thing that is wrong is said.
        private void Check(bool isRight, string otherwise)
        {
            Problem = isRight || Problem.Length > 0 ? Problem : otherwise;
        }

        private static byte[] KnownKey(NodeSettings before, byte[] name)
        {
            for (int i = 0; i < before.NetworkNames.Length; i++)
            {
                if (Outbox.Bytes.AreEqual(before.NetworkNames[i], name))
                {
                    return before.NetworkKeys[i];
                }
            }

            return new byte[0];
        }

        private static bool IsHost(byte[] host)
        {
            for (int i = 0; i < host.Length; i++)
            {
                int c = host[i];
                if ((c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '.' && c != '-')
                {
                    return false;
                }
            }

            return host.Length > 0 && host.Length <= NodeSettings.HostCharacters;
        }

        private static int Number(byte[] digits)
        {
            int number = digits.Length == 0 || digits.Length > 5 ? -1 : 0;
            for (int i = 0; i < digits.Length && number >= 0; i++)
            {
                int digit = digits[i] - '0';
                number = digit < 0 || digit > 9 ? -1 : number * 10 + digit;
            }

            return number;
        }

        // n1 is field 0, k1 field 3; h, p and t come after the keys.
        private static int Index(char letter, int number)
        {
            int kind = Letters.IndexOf(letter);
            return kind < 2 ? kind * Networks + number - 1 : 2 * Networks + kind - 2;
        }

        private void Take(byte[] body, int at, int end)
        {
            bool isNumbered = at + 2 < end && body[at + 1] >= '1' && body[at + 1] <= '0' + Networks && body[at + 2] == '=';
            int value = isNumbered ? at + 3 : at + 2;
            char letter = at < end ? (char)body[at] : ' ';
            int kind = Letters.IndexOf(letter);
            if (kind < 0 || kind < 2 != isNumbered || value > end || body[value - 1] != '=')
            {
                return;
            }

            byte[]? text = Unescape(body, value, end);
            Check(text != null, "A field is too long or holds what no field may.");
            _values[Index(letter, isNumbered ? body[at + 1] - '0' : 1)] = text ?? new byte[0];
        }

        private static byte[]? Unescape(byte[] body, int at, int end)
        {
            byte[] text = new byte[LongestValue];
            int count = 0;
            while (at < end)
            {
                int next = body[at] == '+' ? ' ' : body[at];
                if (next == '%')
                {
                    next = at + 2 < end ? Digit(body[at + 1]) * 16 + Digit(body[at + 2]) : -1;
                    at += 2;
                }

                if (next < ' ' || next == 0x7F || count == LongestValue)
                {
                    return null;
                }

                text[count++] = (byte)next;
                at++;
            }

            byte[] result = new byte[count];
            System.Array.Copy(text, result, count);
            return result;
        }

        // So far below zero that no second digit makes up for it.
        private static int Digit(int c)
        {
            return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -300;
        }
    }
}
