namespace DePin.Contracts.Identity
{
    /// <summary>Bytes as lower-case hex digits; the device has no such call.</summary>
    public static class Hex
    {
        /// <summary>Two digits for each byte.</summary>
        public static string Lower(byte[] bytes)
        {
            const string Digits = "0123456789abcdef";
            char[] text = new char[bytes.Length * 2];
            for (int i = 0; i < bytes.Length; i++)
            {
                text[2 * i] = Digits[bytes[i] >> 4];
                text[2 * i + 1] = Digits[bytes[i] & 15];
            }

            return new string(text);
        }
    }
}
