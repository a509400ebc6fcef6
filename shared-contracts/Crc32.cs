namespace DePin.Contracts
{
    /// <summary>
    /// CRC-32 (IEEE 802.3, reflected), half a byte at a time: about 35 IL instructions a byte with a table of 64 bytes that
    /// lives as long as the call. Bit by bit it would be 100.
    /// </summary>
    public static class Crc32
    {
        /// <summary>The checksum of a part of an array.</summary>
        public static uint Of(byte[] data, int offset, int count)
        {
            uint[] table = Table();
            uint crc = 0xFFFFFFFF;
            int end = offset + count;
            for (int i = offset; i < end; i++)
            {
                crc ^= data[i];
                crc = table[(int)(crc & 15)] ^ (crc >> 4);
                crc = table[(int)(crc & 15)] ^ (crc >> 4);
            }

            return ~crc;
        }

        // What four steps of the division by the polynomial 0xEDB88320 make of each half byte.
        private static uint[] Table()
        {
            return new uint[]
            {
                0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
                0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
            };
        }
    }
}
