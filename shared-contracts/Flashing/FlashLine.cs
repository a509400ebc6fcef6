using System;
using DePin.Contracts.Identity;

namespace DePin.Contracts.Flashing
{
    /// <summary>
    /// One message as one line of text, so that it passes between log lines on the same wire:
    /// <c>DEPIN1 base64-of-CBOR crc32</c> and a line feed. The CRC-32 is that of the CBOR, 8 lower-case hex digits.
    /// </summary>
    public static class FlashLine
    {
        /// <summary>Bytes of a line, at most, its line feed included.</summary>
        public const int MaxBytes = 4096;

        /// <summary>Bytes of a message that still makes such a line.</summary>
        public const int MaxMessageBytes = (MaxBytes - Frame) / 4 * 3;

        /// <summary>What every line begins with.</summary>
        public const string Prefix = "DEPIN1 ";

        private const int CrcDigits = 8;

        // Prefix, a space, the CRC, the line feed.
        private const int Frame = 7 + 1 + CrcDigits + 1;

        /// <summary>The line of a message, line feed included.</summary>
        public static byte[] Encode(byte[] message)
        {
            if (message.Length == 0 || message.Length > MaxMessageBytes)
            {
                throw new ArgumentException("a message on the wire has 1 to 3057 bytes");
            }

            byte[] text = Base64.Encode(message);
            byte[] line = new byte[text.Length + Frame];
            Array.Copy(Ascii.Bytes(Prefix), line, Prefix.Length);
            Array.Copy(text, 0, line, Prefix.Length, text.Length);
            int at = Prefix.Length + text.Length;
            line[at] = (byte)' ';
            Array.Copy(Digits(message), 0, line, at + 1, CrcDigits);
            line[line.Length - 1] = (byte)'\n';
            return line;
        }

        /// <summary>The message of a line that begins at <paramref name="offset"/> with the prefix, without its line end; null where it is none.</summary>
        public static byte[]? Decode(byte[] line, int offset, int count)
        {
            int textBytes = count - Frame + 1;
            if (textBytes < 4 || count >= MaxBytes || !HasPrefix(line, offset) || line[offset + Prefix.Length + textBytes] != ' ')
            {
                return null;
            }

            byte[]? message = Base64.Decode(line, offset + Prefix.Length, textBytes);
            if (message == null)
            {
                return null;
            }

            byte[] digits = Digits(message);
            for (int i = 0; i < CrcDigits; i++)
            {
                if (digits[i] != line[offset + count - CrcDigits + i])
                {
                    return null;
                }
            }

            return message;
        }

        /// <summary>Whether the prefix stands there; the caller sees to it that so many bytes are left.</summary>
        public static bool HasPrefix(byte[] line, int offset)
        {
            for (int i = 0; i < Prefix.Length; i++)
            {
                if (line[offset + i] != Prefix[i])
                {
                    return false;
                }
            }

            return true;
        }

        private static byte[] Digits(byte[] message)
        {
            uint crc = Crc32.Of(message, 0, message.Length);
            return Ascii.Bytes(Hex.Lower(new byte[] { (byte)(crc >> 24), (byte)(crc >> 16), (byte)(crc >> 8), (byte)crc }));
        }
    }
}
