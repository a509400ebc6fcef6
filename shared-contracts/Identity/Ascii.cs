namespace DePin.Contracts.Identity
{
    /// <summary>The bytes of the ASCII constants in our formats; the device has no ASCII encoding.</summary>
    public static class Ascii
    {
        /// <summary>One byte for each character.</summary>
        public static byte[] Bytes(string text)
        {
            byte[] bytes = new byte[text.Length];
            for (int i = 0; i < text.Length; i++)
            {
                bytes[i] = (byte)text[i];
            }

            return bytes;
        }
    }
}
