using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace DePin.Tools.Label;

/// <summary>Dots as a PNG: one bit of grey each, with the size in metres so that it prints in its true size.</summary>
internal static class PngFile
{
    private static readonly byte[] Signature = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    public static byte[] Write(DotPicture picture, double dotsPerMillimetre)
    {
        using var file = new MemoryStream();
        file.Write(Signature);
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, picture.Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), picture.Height);
        header[8] = 1;
        Chunk(file, "IHDR", header);
        byte[] density = new byte[9];
        BinaryPrimitives.WriteInt32BigEndian(density, (int)Math.Round(dotsPerMillimetre * 1000));
        BinaryPrimitives.WriteInt32BigEndian(density.AsSpan(4), (int)Math.Round(dotsPerMillimetre * 1000));
        density[8] = 1;
        Chunk(file, "pHYs", density);
        Chunk(file, "IDAT", Compressed(picture));
        Chunk(file, "IEND", []);
        return file.ToArray();
    }

    private static byte[] Compressed(DotPicture picture)
    {
        using var data = new MemoryStream();
        using (var zlib = new ZLibStream(data, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            for (int row = 0; row < picture.Height; row++)
            {
                // Filter 0; in PNG 1 is white.
                zlib.WriteByte(0);
                foreach (byte dots in picture.Rows.Slice(row * picture.BytesPerRow, picture.BytesPerRow))
                {
                    zlib.WriteByte((byte)~dots);
                }
            }
        }

        return data.ToArray();
    }

    private static void Chunk(MemoryStream file, string kind, byte[] content)
    {
        Span<byte> word = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(word, content.Length);
        file.Write(word);
        byte[] counted = [.. Encoding.ASCII.GetBytes(kind), .. content];
        file.Write(counted);
        BinaryPrimitives.WriteUInt32BigEndian(word, Crc(counted));
        file.Write(word);
    }

    // CRC-32 as PNG wants it: reflected, polynomial 0xEDB88320.
    private static uint Crc(byte[] bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320);
            }
        }

        return ~crc;
    }
}
