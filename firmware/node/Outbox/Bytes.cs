namespace DePin.Node.Outbox
{
    /// <summary>Comparing arrays of bytes, and numbers in them; the device has no such calls.</summary>
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

        /// <summary>Puts the low bytes of a number into an array, the lowest first.</summary>
        public static void PutNumber(byte[] bytes, int offset, long value, int size)
        {
            for (int i = 0; i < size; i++)
            {
                bytes[offset + i] = (byte)(value >> (8 * i));
            }
        }

        /// <summary>The number that <see cref="PutNumber"/> put there.</summary>
        public static long GetNumber(byte[] bytes, int offset, int size)
        {
            long value = 0;
            for (int i = size - 1; i >= 0; i--)
            {
                value = (value << 8) | bytes[offset + i];
            }

            return value;
        }
    }
}
