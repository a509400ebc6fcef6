using System.Buffers.Binary;
using System.Data.Common;
using System.Globalization;
using System.Text;
using DePin.Fleet.People;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Proof;

/// <summary>The log for everybody, without a token: C2SP tlog-tiles, and proofs as JSON for who does not compute them.</summary>
internal static class LogRoutes
{
    private const string Forever = "public, max-age=31536000, immutable";

    /// <summary>GET /log/key, /log/checkpoint, /log/checkpoint/cosigned, /log/witnesses, /log/tile/…, /log/inclusion, /log/consistency.</summary>
    public static void MapLog(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/log/key", (ProofLog log) => Results.Text(log.VerifierKey + "\n", "text/plain; charset=utf-8")).ForEveryone();
        routes.MapGet("/log/checkpoint", (HttpResponse response, Database database) =>
        {
            response.Headers.CacheControl = "no-cache";
            using DbConnection connection = database.OpenReader();
            return LogStore.Head(connection).Checkpoint is { } note
                ? Results.Text(note, "text/plain; charset=utf-8")
                : Results.Problem("The log is empty: nothing was stored yet.", statusCode: 404);
        }).ForEveryone();
        routes.MapGet("/log/checkpoint/cosigned", (HttpResponse response, Database database) =>
        {
            response.Headers.CacheControl = "no-cache";
            using DbConnection connection = database.OpenReader();
            return LogStore.Head(connection).Cosigned is { } note
                ? Results.Text(note, "text/plain; charset=utf-8")
                : Results.Problem("No outside witness signed this log yet.", statusCode: 404);
        }).ForEveryone();
        routes.MapGet("/log/witnesses", (Witnessing witnessing) => Results.Ok(witnessing.Standing)).ForEveryone();
        routes.MapGet("/log/tile/{level}/{*path}", Tile).ForEveryone();
        routes.MapGet("/log/inclusion", Inclusion).ForEveryone();
        routes.MapGet("/log/consistency", Consistency).ForEveryone();
    }

    private static IResult Tile(string level, string path, HttpResponse response, Database database)
    {
        using DbConnection connection = database.OpenReader();
        long size = LogStore.Head(connection).Size;
        bool isEntries = level == "entries";
        if ((!isEntries && !(int.TryParse(level, NumberStyles.None, CultureInfo.InvariantCulture, out int parsed) && parsed is >= 0 and < 8 && parsed.ToString(CultureInfo.InvariantCulture) == level))
            || TilePath.Read(path) is not { } place)
        {
            return Results.NotFound();
        }

        int at = isEntries ? 0 : int.Parse(level, CultureInfo.InvariantCulture);
        long hashes = size;
        for (int i = 0; i < at; i++)
        {
            hashes /= MerkleTree.TileWidth;
        }

        long first = place.Index * MerkleTree.TileWidth;
        if (first + place.Width > hashes)
        {
            return Results.NotFound();
        }

        response.Headers.CacheControl = Forever;
        byte[] content = isEntries ? Bundle(connection, first, place.Width) : LogStore.Tile(connection, at, place.Index)![..(place.Width * MerkleTree.HashSize)];
        return Results.Bytes(content, "application/octet-stream");
    }

    private static byte[] Bundle(DbConnection connection, long first, int width)
    {
        using var bundle = new MemoryStream();
        Span<byte> length = stackalloc byte[2];
        foreach ((long kind, byte[] hash) in LogStore.Entries(connection, first, width))
        {
            byte[] entry = LogContent.Entry((byte)kind, hash);
            BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)entry.Length);
            bundle.Write(length);
            bundle.Write(entry);
        }

        return bundle.ToArray();
    }

    private static IResult Inclusion(Database database, string hash)
    {
        if (hash.Length != 2 * MerkleTree.HashSize || !hash.All(char.IsAsciiHexDigit))
        {
            return Results.Problem("hash must be the SHA-256 of a content, 64 hex digits.", statusCode: 400);
        }

        using DbConnection connection = database.OpenReader();
        using DbTransaction instant = connection.BeginInstant();
        LogHead head = LogStore.Head(connection);
        return LogStore.Find(connection, Convert.FromHexString(hash), head.Size) is { } index
            ? Results.Ok(new InclusionView(head.Checkpoint!, index, head.Size, [.. ProofLog.TreeOn(connection).Inclusion(index, head.Size).Select(Convert.ToBase64String)]))
            : Results.Problem("The log has no such entry; what was just stored follows within seconds.", statusCode: 404);
    }

    private static IResult Consistency(Database database, long from, long to)
    {
        using DbConnection connection = database.OpenReader();
        using DbTransaction instant = connection.BeginInstant();
        long size = LogStore.Head(connection).Size;
        return from < 0 || from > to || to > size
            ? Results.Problem($"from must not be larger than to, and to not than the log, which has {size} entries.", statusCode: 400)
            : Results.Ok(new ConsistencyView(from, to, [.. ProofLog.TreeOn(connection).Consistency(from, to).Select(Convert.ToBase64String)]));
    }
}

/// <summary>That an entry is in the log: hashes in base64, lowest first.</summary>
internal sealed record InclusionView(string Checkpoint, long Index, long Size, IReadOnlyList<string> Proof);

/// <summary>That one log begins another.</summary>
internal sealed record ConsistencyView(long From, long To, IReadOnlyList<string> Proof);

/// <summary>Which tile a path names: x001/x234/067, with .p/WIDTH where it is not full.</summary>
internal readonly record struct TilePath(long Index, int Width)
{
    /// <summary>The place; null where the path is not exactly in the form.</summary>
    public static TilePath? Read(string path)
    {
        string[] parts = path.Split('/');
        int width = MerkleTree.TileWidth;
        if (parts.Length >= 2 && parts[^2].EndsWith(".p", StringComparison.Ordinal))
        {
            if (!int.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out width) || width is < 1 or >= MerkleTree.TileWidth || parts[^1][0] == '0')
            {
                return null;
            }

            parts = [.. parts[..^2], parts[^2][..^2]];
        }

        long index = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            string digits = i < parts.Length - 1 ? parts[i].StartsWith('x') ? parts[i][1..] : "" : parts[i];
            if (digits.Length != 3 || !digits.All(char.IsAsciiDigit) || parts.Length > 5 || (i == 0 && parts.Length > 1 && digits == "000"))
            {
                return null;
            }

            index = index * 1000 + int.Parse(digits, CultureInfo.InvariantCulture);
        }

        return new TilePath(index, width);
    }
}
