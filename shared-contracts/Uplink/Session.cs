namespace DePin.Contracts.Uplink
{
    /// <summary>The random name a node gives to one login, 8 bytes; zeros stand for "before the first status".</summary>
    public static class Session
    {
        /// <summary>Bytes of a session.</summary>
        public const int Size = 8;

        /// <summary>Whether two sessions are the same.</summary>
        public static bool AreEqual(byte[] one, byte[] other)
        {
            for (int i = 0; i < Size; i++)
            {
                if (one[i] != other[i])
                {
                    return false;
                }
            }

            return true;
        }
    }
}
