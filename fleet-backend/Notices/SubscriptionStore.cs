using System.Data.Common;
using Dapper;
using DePin.Fleet.People;

namespace DePin.Fleet.Notices;

/// <summary>Who wants to be told of what, and where.</summary>
internal static class SubscriptionStore
{
    /// <summary>Those that notices go to: confirmed, not ended, of people whose accounts are open.</summary>
    public static IReadOnlyList<Subscriber> Confirmed(DbConnection connection) => connection.Query<(long Id, string Kinds, long Person, string Name, long Roles)>(
        "SELECT s.id, s.kinds, p.id, p.name, p.roles FROM subscription s JOIN person p ON p.id = s.person WHERE s.ended_ms IS NULL AND s.code IS NULL AND p.closed_ms IS NULL")
        .Select(row => new Subscriber(row.Id, row.Kinds.Split(' '), new Caller(row.Person, row.Name, (Roles)row.Roles))).ToList();

    /// <summary>A person's, newest first.</summary>
    public static IReadOnlyList<SubscriptionRow> OfPerson(DbConnection connection, long person) => connection.Query<SubscriptionRow>(
        """
        SELECT id AS Id, channel AS Channel, target AS Target, kinds AS KindsText, CAST(CASE WHEN code IS NULL THEN 1 ELSE 0 END AS BIGINT) AS IsConfirmed, made_ms AS MadeUnixMilliseconds,
            (SELECT count(*) FROM delivery d WHERE d.subscription = s.id AND d.state = 'dead') AS Dead
        FROM subscription s WHERE person = @person AND ended_ms IS NULL ORDER BY id DESC
        """,
        new { person }).AsList();

    /// <summary>Adds one; its row.</summary>
    public static long Insert(DbConnection connection, long person, string channel, string target, string kinds, byte[]? secret, string? code, long nowUnixMilliseconds) => connection.ExecuteScalar<long>(
        "INSERT INTO subscription(person, channel, target, kinds, secret, code, made_ms) VALUES(@person, @channel, @target, @kinds, @secret, @code, @nowUnixMilliseconds) RETURNING id",
        new { person, channel, target, kinds, secret, code, nowUnixMilliseconds });

    /// <summary>Takes the code of a mail address; null where no such subscription waits for one, else whether it was right. Five wrong ones end it.</summary>
    public static bool? Confirm(DbConnection connection, long person, long id, string code, long nowUnixMilliseconds)
    {
        if (connection.ExecuteScalar<string>("SELECT code FROM subscription WHERE id = @id AND person = @person AND ended_ms IS NULL AND code IS NOT NULL", new { id, person }) is not { } right)
        {
            return null;
        }

        bool isRight = code == right;
        connection.Execute(
            """
            UPDATE subscription SET code = CASE WHEN @isRight = 1 THEN NULL ELSE code END, tries_left = tries_left - (1 - @isRight),
                ended_ms = CASE WHEN @isRight = 0 AND tries_left <= 1 THEN @nowUnixMilliseconds END WHERE id = @id
            """,
            new { id, isRight, nowUnixMilliseconds });
        return isRight;
    }

    /// <summary>Ends one, and what waits for it; false where there is none.</summary>
    public static bool End(DbConnection connection, long person, long id, long nowUnixMilliseconds)
    {
        if (connection.Execute("UPDATE subscription SET ended_ms = @nowUnixMilliseconds WHERE id = @id AND person = @person AND ended_ms IS NULL", new { id, person, nowUnixMilliseconds }) == 0)
        {
            return false;
        }

        connection.Execute(
            "UPDATE delivery SET state = 'dead', ended_ms = @nowUnixMilliseconds, problem = 'the subscription was ended' WHERE subscription = @id AND state = 'waiting'", new { id, nowUnixMilliseconds });
        return true;
    }
}

/// <summary>A subscription with its person, as notices see it.</summary>
internal sealed record Subscriber(long Subscription, IReadOnlyList<string> Kinds, Caller Person)
{
    /// <summary>Whether it asks for this kind.</summary>
    public bool Wants(string kind) => Kinds.Contains(kind);
}

/// <summary>A subscription as its person sees it.</summary>
internal sealed record SubscriptionRow
{
    /// <summary>Its number.</summary>
    public long Id { get; init; }

    /// <summary>mail or webhook.</summary>
    public required string Channel { get; init; }

    /// <summary>The address or URL.</summary>
    public required string Target { get; init; }

    /// <summary>What it asks for.</summary>
    public IReadOnlyList<string> Kinds => KindsText.Split(' ');

    /// <summary>Whether a mail address has said its code back; webhooks need none.</summary>
    public bool IsConfirmed { get; init; }

    /// <summary>Since when.</summary>
    public long MadeUnixMilliseconds { get; init; }

    /// <summary>Deliveries that were given up.</summary>
    public long Dead { get; init; }

    [System.Text.Json.Serialization.JsonIgnore]
    internal string KindsText { get; init; } = "";
}
