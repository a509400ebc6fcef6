using System.Text;
using DePin.Tools.Release;

namespace DePin.Tests.Tools.Release;

/// <summary>Assembles nanoFramework assemblies of format 1, table by table as the metadata processor lays them out.</summary>
internal static class NanoFile
{
    private const int Tables = 16, Strings = 11;

    /// <summary>A whole assembly.</summary>
    public static byte[] Make(string name, ushort major = 1, ushort minor = 4, int codeBytes = 3000, string marker = "NFMRK1")
    {
        byte[] strings = [0, .. Encoding.UTF8.GetBytes("Start"), 0, .. Encoding.UTF8.GetBytes(name), 0];
        byte[][] tables = [.. Enumerable.Range(0, Tables - 1).Select(table => table switch
        {
            0 => new byte[12],
            Strings => strings,
            13 => [.. Enumerable.Range(0, codeBytes).Select(i => (byte)(i * 31))],
            _ => [],
        })];
        using var file = new MemoryStream();
        using var writer = new BinaryWriter(file);
        writer.Write(Encoding.ASCII.GetBytes(marker.PadRight(8, '\0')));
        writer.Write(new byte[4 + 4 + 4]);
        writer.Write(0x1234_5678u);
        writer.Write(0xFFFF_FFFFu);
        Array.ForEach([major, minor, (ushort)7, (ushort)0], writer.Write);
        writer.Write((ushort)7);
        writer.Write((ushort)1);
        uint at = NanoAssembly.HeaderBytes;
        foreach (byte[] table in tables)
        {
            writer.Write(at);
            at += Padded(table.Length);
        }

        writer.Write(at);
        writer.Write(0u);
        writer.Write([.. tables.Select(table => (byte)(Padded(table.Length) - table.Length)), 0]);
        Assert.Equal(NanoAssembly.HeaderBytes, file.Length);
        foreach (byte[] table in tables)
        {
            writer.Write(table);
            writer.Write(new byte[Padded(table.Length) - table.Length]);
        }

        return Checked(file.ToArray());
    }

    /// <summary>The same with checksums that fit.</summary>
    public static byte[] Checked(byte[] file)
    {
        BitConverter.GetBytes(NanoAssembly.Crc(file.AsSpan(NanoAssembly.HeaderBytes))).CopyTo(file, 12);
        BitConverter.GetBytes(NanoAssembly.HeaderCrc(file)).CopyTo(file, 8);
        return file;
    }

    private static uint Padded(int length) => (uint)((length + 3) & ~3);
}
