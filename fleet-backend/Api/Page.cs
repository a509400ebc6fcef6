using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace DePin.Fleet.Api;

/// <summary>A part of a list. The same request with cursor=next gives what follows; where next is null, nothing does.</summary>
public sealed record Page<T>(IReadOnlyList<T> Items, string? Next);

/// <summary>
/// How every list of the API is read: limit items after a cursor. A cursor is opaque to whoever gets it; it is the key of the last item, so that what comes or
/// goes meanwhile neither repeats nor hides others.
/// </summary>
internal sealed class Paging
{
    /// <summary>Items of one answer, at most.</summary>
    public const int Most = 1000;

    private const int MostLetters = 400;

    private readonly string? _after;
    private readonly int _limit;

    private Paging(string? after, int limit)
    {
        _after = after;
        _limit = limit;
    }

    /// <summary>How many rows to read: one more than is shown tells whether others follow.</summary>
    public int Rows => _limit + 1;

    /// <summary>The key to read after, as text; empty from the beginning.</summary>
    public string Text => _after ?? "";

    /// <summary>The key to read after, as a number; 0 from the beginning.</summary>
    public long After => Number(0);

    /// <summary>The key to read before, where the newest come first.</summary>
    public long Before => Number(long.MaxValue);

    /// <summary>What a request asks for.</summary>
    /// <exception cref="BadHttpRequestException">The limit is out of bounds, or the cursor is none of ours.</exception>
    public static Paging Of(string? cursor, int limit)
    {
        if (limit is < 1 or > Most)
        {
            throw new BadHttpRequestException($"limit must be a number from 1 to {Most}.");
        }

        if (string.IsNullOrEmpty(cursor))
        {
            return new Paging(null, limit);
        }

        if (cursor.Length > MostLetters || !Base64Url.IsValid(cursor))
        {
            throw Strange();
        }

        return new Paging(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor)), limit);
    }

    /// <summary>The cursor of a key, for lists within other answers.</summary>
    public static string CursorOf(object key) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{key}")));

    /// <summary>The parts of a key that has several, or null from the beginning.</summary>
    /// <exception cref="BadHttpRequestException">The cursor is none of this list.</exception>
    public string[]? Parts(int count)
    {
        string[]? parts = _after?.Split('|');
        return parts is null || parts.Length == count ? parts : throw Strange();
    }

    /// <summary>The same, each a number.</summary>
    /// <exception cref="BadHttpRequestException">The cursor is none of this list.</exception>
    public long[]? Numbers(int count) => Parts(count) is { } parts ? Array.ConvertAll(parts, NumberOf) : null;

    /// <summary>The page of rows that were read.</summary>
    public Page<T> Of<T>(IReadOnlyList<T> rows, Func<T, object> key) => Of(rows, key, row => row);

    /// <summary>The page of rows that were read, as they are shown.</summary>
    public Page<TView> Of<TRow, TView>(IReadOnlyList<TRow> rows, Func<TRow, object> key, Func<TRow, TView> view) =>
        new([.. rows.Take(_limit).Select(view)], rows.Count > _limit ? CursorOf(key(rows[_limit - 1])) : null);

    /// <summary>A part of a key that is a number.</summary>
    /// <exception cref="BadHttpRequestException">It is none: the cursor is none of this list.</exception>
    public static long NumberOf(string part) => long.TryParse(part, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : throw Strange();

    private static BadHttpRequestException Strange() => new("cursor is none that this list gave; ask without one to begin anew.");

    private long Number(long otherwise) => _after is null ? otherwise : NumberOf(_after);
}
