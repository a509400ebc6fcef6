namespace DePin.Node.Outbox
{
    /// <summary>Names of segment files: a key in 16 digits, so that their order is that of the chain.</summary>
    public static class SegmentName
    {
        private const string Prefix = "segment-";
        private const int Digits = 16;

        /// <summary>The name for a key.</summary>
        public static string Of(long key)
        {
            string digits = key.ToString();
            return Prefix + "0000000000000000".Substring(digits.Length) + digits;
        }

        /// <summary>The key in a name, or -1: such a file is somebody else's.</summary>
        public static long KeyOf(string name)
        {
            if (!name.StartsWith(Prefix) || name.Length != Prefix.Length + Digits)
            {
                return -1;
            }

            long key = 0;
            for (int i = Prefix.Length; i < name.Length; i++)
            {
                int digit = name[i] - '0';
                if (digit < 0 || digit > 9)
                {
                    return -1;
                }

                key = key * 10 + digit;
            }

            return key;
        }
    }
}
