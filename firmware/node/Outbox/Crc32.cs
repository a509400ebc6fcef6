namespace DePin.Node.Outbox
{
    /// <summary>CRC-32 (IEEE 802.3, reflected), bit by bit: small files, no table in memory.</summary>
    public static class Crc32
    {
        /// <summary>The checksum of a part of an array.</summary>
        public static uint Of(byte[] data, int offset, int count)
        {
            uint crc = 0xFFFFFFFF;
            for (int i = offset; i < offset + count; i++)
            {
                crc ^= data[i];
                for (int bit = 0; bit < 8; bit++)
                {
                    crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
                }
            }

            return ~crc;
        }
    }
}
