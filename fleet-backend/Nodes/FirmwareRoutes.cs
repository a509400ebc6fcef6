using System.Data.Common;
using DePin.Fleet.Api;
using DePin.Fleet.Approvals;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DePin.Fleet.Nodes;

/// <summary>Recording firmware. From the first record on, batches of unknown firmware are held.</summary>
public static class FirmwareRoutes
{
    private const int DigestDigits = 16;

    /// <summary>GET and POST /api/firmware, POST /api/firmware/{digest}/replacement. Recalling is a change that two people make.</summary>
    public static void MapFirmware(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/firmware", Ok<Page<FirmwareRow>> (Database database, string? cursor = null, int limit = 100) =>
        {
            var paging = Paging.Of(cursor, limit);
            using DbConnection connection = database.OpenReader();
            string[]? after = paging.Parts(2);
            return TypedResults.Ok(paging.Of(
                FirmwareStore.Page(connection, after is null ? long.MinValue : Paging.NumberOf(after[0]), after?[1] ?? "", paging.Rows), row => $"{row.RecordedUnixMilliseconds}|{row.Digest}"));
        }).Needs(Access.WholeFleet | Roles.Technician).Does("listFirmware", "Recorded firmware, the first recorded first.");
        routes.MapPost("/api/firmware", RecordAsync).Needs(Roles.Manager).Does("recordFirmware", "Records a firmware; from the first record on, batches of others are held.");
        routes.MapPost("/api/firmware/{digest}/replacement", ReplaceAsync).Needs(Roles.Manager).Does("recordReplacement", "Notes that recalled firmware has a replacement.");
    }

    /// <summary>Whether a text is a firmware digest.</summary>
    internal static bool IsDigest(string text) => text.Length == DigestDigits && text.All(char.IsAsciiHexDigitLower);

    private static async Task<Results<Ok<FirmwareRow>, ProblemHttpResult>> RecordAsync(FirmwareRequest request, Caller caller, StoreWriter writer, TimeProvider clock)
    {
        if (!IsDigest(request.Digest) || request.Name.Length is 0 or > 64 || request.Name.Any(char.IsControl))
        {
            return TypedResults.Problem($"digest must be {DigestDigits} lower-case hex digits and name 1 to 64 printable characters. Nothing was recorded.", statusCode: 400);
        }

        return TypedResults.Ok(await writer.RunAsync(connection =>
        {
            long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
            if (FirmwareStore.Record(connection, request.Digest, request.Name, now))
            {
                EventStore.Record(connection, now, "release", null, caller.Name, new { request.Digest, request.Name });
            }

            return FirmwareStore.Find(connection, request.Digest)!;
        }));
    }

    private static async Task<Results<Ok<FirmwareRow>, ProblemHttpResult>> ReplaceAsync(string digest, Caller caller, StoreWriter writer, TimeProvider clock)
    {
        FirmwareRow? row = await writer.RunAsync(connection =>
        {
            long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
            if (!FirmwareStore.Replace(connection, digest, now))
            {
                return null;
            }

            EventStore.Record(connection, now, "replacement", null, caller.Name, new { digest });
            return FirmwareStore.Find(connection, digest);
        });
        return row is null
            ? TypedResults.Problem($"'{digest}' is no recalled release without a replacement. Nothing was recorded.", statusCode: 409)
            : TypedResults.Ok(row);
    }
}

/// <summary>Recalls a release.</summary>
internal sealed class RecallChange : ChangeKind<Recall>
{
    /// <inheritdoc />
    public override string Name => "recall";

    /// <inheritdoc />
    protected override Sentence? Problem(DbConnection connection, Recall change, long nowUnixMilliseconds) =>
        FirmwareStore.Find(connection, change.Digest) is not { } release ? Sentence.Of($"No release '{change.Digest}' is recorded.")
        : release.RecalledUnixMilliseconds is not null ? Sentence.Of($"The release {release.Name} is recalled already.")
        : null;

    /// <inheritdoc />
    protected override void Apply(DbConnection connection, Recall change, string by, long nowUnixMilliseconds)
    {
        FirmwareStore.Recall(connection, change.Digest, change.IsFraud, nowUnixMilliseconds);
        EventStore.Record(connection, nowUnixMilliseconds, Name, null, by, change);
    }
}

/// <summary>A release to record.</summary>
public sealed record FirmwareRequest(string Digest, string Name);

/// <summary>A release to recall; for fraud its readings are held at once, else from the offer of a replacement on.</summary>
public sealed record Recall(string Digest, bool IsFraud);
