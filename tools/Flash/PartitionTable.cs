using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace DePin.Tools.Flash;

/// <summary>Where a target keeps its managed code.</summary>
/// <param name="Address">First byte of the partition "deploy" in the flash.</param>
/// <param name="Bytes">Its size: a larger image does not fit.</param>
internal sealed record DeployRegion(int Address, int Bytes);

/// <summary>
/// Partition tables of ESP-IDF, as text (partitions.csv) and as the bytes that go on the chip. Without the right address the
/// image lands where the CLR does not look: the flashing program's own guess is wrong for the stock tables.
/// </summary>
internal static class PartitionTable
{
    private const string Deploy = "deploy";
    private const int EntryBytes = 32;
    private const ushort EntryMagic = 0x50AA;

    // The stock tables that go with the CLR of these targets: 4 MB and 8 MB modules.
    private static readonly Dictionary<string, DeployRegion> Stock = new(StringComparer.Ordinal)
    {
        ["ESP32_REV3"] = new DeployRegion(0x1E0000, 1792 * 1024),
        ["ESP32_PSRAM_REV3"] = new DeployRegion(0x1E0000, 2752 * 1024),
    };

    /// <summary>The region: from a file where one is named, from the firmware archive where it has one, else the stock table's.</summary>
    /// <exception cref="CommandException">The file has none, or the target is unknown.</exception>
    public static DeployRegion For(string target, string? file, string? archive)
    {
        if (file is not null)
        {
            return Find(File.ReadAllBytes(file)) ?? throw CommandException.WrongInput($"The partition table {file} has no partition '{Deploy}'.");
        }

        DeployRegion? archived = archive is null ? null : InArchive(archive, target);
        return archived ?? (Stock.TryGetValue(target, out DeployRegion? stock)
            ? stock
            : throw CommandException.WrongInput($"The partition table of {target} is not known here: name it with --partitions FILE."));
    }

    /// <summary>The region in a table, text or bytes; null where there is none.</summary>
    internal static DeployRegion? Find(byte[] table) => table.Length >= 2 && BinaryPrimitives.ReadUInt16LittleEndian(table) == EntryMagic ? FindInBytes(table) : FindInText(Encoding.UTF8.GetString(table));

    private static DeployRegion? FindInBytes(byte[] table)
    {
        for (int at = 0; at + EntryBytes <= table.Length && BinaryPrimitives.ReadUInt16LittleEndian(table.AsSpan(at)) == EntryMagic; at += EntryBytes)
        {
            string name = Encoding.ASCII.GetString(table, at + 12, 16).TrimEnd('\0');
            if (name == Deploy)
            {
                return new DeployRegion(BinaryPrimitives.ReadInt32LittleEndian(table.AsSpan(at + 4)), BinaryPrimitives.ReadInt32LittleEndian(table.AsSpan(at + 8)));
            }
        }

        return null;
    }

    private static DeployRegion? FindInText(string text)
    {
        foreach (string line in text.Split('\n').Select(line => line.Trim()).Where(line => !line.StartsWith('#')))
        {
            string[] fields = [.. line.Split(',').Select(field => field.Trim())];
            if (fields.Length >= 5 && fields[0] == Deploy && Number(fields[3]) is { } address && Number(fields[4]) is { } bytes)
            {
                return new DeployRegion(address, bytes);
            }
        }

        return null;
    }

    // An archive holds one zip for each target and version; the newest name counts. The table of the module's flash size is among its files.
    private static DeployRegion? InArchive(string folder, string target)
    {
        string? package = Directory.Exists(folder) ? Directory.GetFiles(folder, target + "-*.zip").Order(StringComparer.Ordinal).LastOrDefault() : null;
        if (package is null)
        {
            return null;
        }

        using ZipArchive zip = ZipFile.OpenRead(package);
        string size = target.Contains("PSRAM", StringComparison.Ordinal) ? "8mb" : "4mb";
        ZipArchiveEntry? entry = zip.Entries.FirstOrDefault(entry => entry.Name == $"partitions_nanoclr_{size}.bin");
        if (entry is null)
        {
            return null;
        }

        using Stream stream = entry.Open();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return Find(bytes.ToArray());
    }

    private static int? Number(string text)
    {
        bool isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        int unit = text.EndsWith('K') ? 1024 : text.EndsWith('M') ? 1024 * 1024 : 1;
        string digits = (isHex ? text[2..] : text).TrimEnd('K', 'M');
        return int.TryParse(digits, isHex ? NumberStyles.HexNumber : NumberStyles.None, null, out int number) ? number * unit : null;
    }
}
