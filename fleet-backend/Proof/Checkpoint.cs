using System.Globalization;

namespace DePin.Fleet.Proof;

/// <summary>What a log says of itself: C2SP tlog-checkpoint.</summary>
/// <param name="Origin">Name of the log.</param>
/// <param name="Size">Entries.</param>
/// <param name="Root">Root hash.</param>
internal sealed record Checkpoint(string Origin, long Size, byte[] Root)
{
    /// <summary>The text that is signed.</summary>
    public string Text => $"{Origin}\n{Size}\n{Convert.ToBase64String(Root)}\n";

    /// <summary>The checkpoint in a note, whoever signed it; null where it is none.</summary>
    public static Checkpoint? Read(string note)
    {
        string[] lines = note.Split('\n');
        Span<byte> root = stackalloc byte[MerkleTree.HashSize];
        return lines.Length >= 4 && long.TryParse(lines[1], NumberStyles.None, null, out long size)
            && Convert.TryFromBase64String(lines[2], root, out int bytes) && bytes == MerkleTree.HashSize
            ? new Checkpoint(lines[0], size, root.ToArray())
            : null;
    }
}
