using System.Text;
using System.Text.Json.Nodes;

namespace DePin.Tools.Seasons;

/// <summary>One byte to change.</summary>
/// <param name="What">Of what.</param>
/// <param name="Mark">Bytes before it.</param>
/// <param name="Offset">How many bytes behind the beginning of the mark it lies.</param>
/// <param name="Names">What rebuilding must say.</param>
internal sealed record Edit(string What, byte[] Mark, int Offset, string Names);

/// <summary>Changes single bytes of a database's file, as somebody would who has the disk and no account.</summary>
internal sealed class DatabaseEdit(string file)
{
    private const int ChunkBytes = 1 << 20;
    private const int MessageBytes = 100;

    /// <summary>What is edited, in groups that are edited together: one false batch makes all of its node's batches after it look false.</summary>
    /// <param name="line">A line of a statement with its evidence.</param>
    /// <param name="refused">A run of refused readings.</param>
    public static IReadOnlyList<IReadOnlyList<Edit>> Kinds(JsonNode line, JsonNode refused)
    {
        byte[] message = Convert.FromBase64String((string)line["message"]!);

        // A row holds id, kind, state, debit, credit and amount one after the other; the index of the ids holds no kind.
        JsonNode transfer = line["transfers"]![0]!;
        byte[] row = [.. Convert.FromHexString((string)transfer["id"]!), .. Encoding.ASCII.GetBytes((string)transfer["kind"]!)];
        byte[] verdict = Encoding.ASCII.GetBytes($"\"first\":{refused["first"]},\"count\":{refused["count"]},\"outcome\":\"Refused\",\"name\":\"");
        byte[] tariff = Encoding.ASCII.GetBytes("\"microPerKilowattHour\":");
        return
        [
            [new Edit("a signed batch", message[..MessageBytes], MessageBytes, "its payload is not the one")],
            [
                new Edit("a transfer's id", row, 5, "its transfers are"), new Edit("a transfer's state", row, row.Length, "its transfers add up to"),
                new Edit("a verdict", verdict, verdict.Length, "its verdicts are stored as"), new Edit("an event", tariff, tariff.Length, "no event made it"),
            ],
        ];
    }

    /// <summary>Changes the byte behind each mark until what is answered is disposed; behind every place of it, since pages may hold what was left over.</summary>
    /// <exception cref="CommandException">The file holds no such bytes.</exception>
    public IDisposable Flip(IReadOnlyList<Edit> edits)
    {
        // Found before anything is changed: one edit may lie within the mark of another.
        List<long> places = [.. edits.SelectMany(edit => Find(edit.Mark) is { Count: > 0 } found ? found.Select(place => place + edit.Offset)
            : throw CommandException.Failed($"{file} does not hold what was to be edited, {edit.What}; whether that is named is not known."))];
        places.ForEach(Turn);
        return new Undo(() => places.ForEach(Turn));
    }

    private void Turn(long at)
    {
        using FileStream stream = File.Open(file, FileMode.Open, FileAccess.ReadWrite);
        stream.Position = at;
        int value = stream.ReadByte();
        stream.Position = at;
        stream.WriteByte((byte)(value ^ 1));
    }

    private List<long> Find(byte[] mark)
    {
        using FileStream stream = File.OpenRead(file);
        var places = new List<long>();
        byte[] buffer = new byte[ChunkBytes + mark.Length - 1];
        for (long start = 0; start < stream.Length; start += ChunkBytes)
        {
            stream.Position = start;
            int length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            for (int at = 0; buffer.AsSpan(at, length - at).IndexOf(mark) is var found and >= 0; at += found + 1)
            {
                places.Add(start + at + found);
            }
        }

        return places;
    }

    private sealed class Undo(Action undo) : IDisposable
    {
        public void Dispose() => undo();
    }
}
