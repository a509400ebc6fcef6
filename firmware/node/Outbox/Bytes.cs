namespace DePin.Node.Outbox
{
    /// <summary>Comparing arrays of bytes; the device has no such call.</summary>
    public static class Bytes
    {
        /// <summary>Whether both have the same bytes.</summary>
        public static bool AreEqual(byte[] one, byte[] other)
        {
            if (one.Length != other.Length)
            {
                return false;
            }

            for (int i = 0; i < one.Length; i++)
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
