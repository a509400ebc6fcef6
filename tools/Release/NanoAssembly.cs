using System.Buffers.Binary;
using System.Text;

namespace DePin.Tools.Release;

/// <summary>
/// The header of a nanoFramework assembly (.pe, format 1, as the 1.x CLR reads it): what it is called, and whether it is whole. Little-endian:
/// marker "NFMRK1" (8 bytes), CRC of header and of the rest, flags, checksum of native methods, offset of patches (4 bytes each), version
/// (4 x 2), name (2 bytes: offset into the strings, or counted back from FFFF a word that the CLR knows), version of the string table (2),
/// starts of 16 tables (4 each; the strings are table 11, the last one is the end), number of patches (4), padding of the tables (16).
/// CRC-32 with 04C11DB7, most significant bit first, beginning with 0 and not inverted.
/// </summary>
/// <param name="Name">Name of the assembly.</param>
/// <param name="Version">Its version.</param>
internal sealed record NanoAssembly(string Name, Version Version)
{
    /// <summary>Bytes of the header.</summary>
    public const int HeaderBytes = 124;

    private const int HeaderCrcAt = 8, RestCrcAt = 12, VersionAt = 28, NameAt = 36, TablesAt = 40, Strings = 11, End = 15;
    private const int LongestName = 255;

    /// <summary>Whether these bytes say that they are one, whole or not.</summary>
    public static bool IsOne(ReadOnlySpan<byte> file) => file.StartsWith("NFMRK"u8);

    /// <summary>Reads the header; a sentence where it cannot be, or where the file is not whole.</summary>
    public static NanoAssembly? Read(byte[] file, out string problem)
    {
        problem = !file.AsSpan().StartsWith("NFMRK1\0\0"u8) ? "it is no nanoFramework assembly of format 1, the one that 1.x boards load"
            : file.Length < HeaderBytes ? $"it ends inside its header of {HeaderBytes} bytes"
            : Table(file, End) != file.Length ? $"it has {file.Length} bytes, and its header says {Table(file, End)}"
            : BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(RestCrcAt)) != Crc(file.AsSpan(HeaderBytes)) ? "its content is not what its checksum says"
            : BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(HeaderCrcAt)) != HeaderCrc(file) ? "its header is not what its checksum says"
            : "";
        if (problem.Length > 0)
        {
            return null;
        }

        long at = Table(file, Strings) + BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(NameAt));
        long end = Table(file, Strings + 1);
        int length = at < end && end <= file.Length ? file.AsSpan((int)at, (int)(end - at)).IndexOf((byte)0) : -1;
        if (length is < 1 or > LongestName)
        {
            problem = "its name is not among its own strings";
            return null;
        }

        int[] version = [.. Enumerable.Range(0, 4).Select(i => (int)BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(VersionAt + (2 * i))))];
        return new NanoAssembly(Encoding.UTF8.GetString(file, (int)at, length), new Version(version[0], version[1], version[2], version[3]));
    }

    /// <summary>The checksum of a piece of an assembly.</summary>
    public static uint Crc(ReadOnlySpan<byte> bytes)
    {
        const uint Polynomial = 0x04C11DB7;
        uint crc = 0;
        foreach (byte next in bytes)
        {
            crc ^= (uint)next << 24;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 0x80000000) == 0 ? crc << 1 : (crc << 1) ^ Polynomial;
            }
        }

        return crc;
    }

    /// <summary>The checksum of the header, its own place counted as zeros.</summary>
    public static uint HeaderCrc(ReadOnlySpan<byte> file)
    {
        byte[] header = file[..HeaderBytes].ToArray();
        header.AsSpan(HeaderCrcAt, sizeof(uint)).Clear();
        return Crc(header);
    }

    private static long Table(byte[] file, int table) => BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(TablesAt + (sizeof(uint) * table)));
}
