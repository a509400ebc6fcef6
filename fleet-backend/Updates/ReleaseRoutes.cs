using System.Data.Common;
using DePin.Contracts.Updates;
using DePin.Fleet.Api;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DePin.Fleet.Updates;

/// <summary>Bundles, releases, and whose signatures count.</summary>
internal static class ReleaseRoutes
{
    /// <summary>GET and POST /api/artifacts, GET /api/artifacts/{sha256}; GET and POST /api/releases, GET /api/releases/{id}; GET /api/release-keys, POST /api/release-keys/rotation.</summary>
    public static void MapReleases(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/artifacts", Ok<Page<ArtifactView>> (Database database, string? cursor = null, int limit = 100) =>
        {
            var paging = Paging.Of(cursor, limit);
            using DbConnection connection = database.OpenReader();
            string[]? after = paging.Parts(2);
            return TypedResults.Ok(paging.Of(
                ReleaseStore.Artifacts(connection, paging.Rows, after is null ? long.MaxValue : Paging.NumberOf(after[0]), after?[1] ?? ""), row => $"{row.MadeUnixMilliseconds}|{Convert.ToHexStringLower(row.Sha256)}", ArtifactView.Of));
        }).Needs(Access.WholeFleet).Does("listArtifacts", "Bundles, the newest first.");
        routes.MapPost("/api/artifacts", UploadAsync).Needs(Roles.Manager).Does("uploadArtifact", "Stores a bundle under its own SHA-256, whole or not at all.").Takes("application/octet-stream", "The bundle, 262,144 bytes at most.");
        routes.MapGet("/api/artifacts/{sha256}", Download).Needs(Access.WholeFleet).Does("getArtifact", "A bundle's bytes.").Gives("application/octet-stream", "The bundle.");
        routes.MapGet("/api/releases", Ok<Page<ReleaseView>> (Database database, string? cursor = null, int limit = 100) =>
        {
            var paging = Paging.Of(cursor, limit);
            using DbConnection connection = database.OpenReader();
            return TypedResults.Ok(paging.Of(ReleaseStore.Page(connection, paging.Rows, paging.Before), row => row.RowId, ReleaseView.Of));
        }).Needs(Access.WholeFleet | Roles.Technician).Does("listReleases", "Published releases, the newest first.");
        routes.MapGet("/api/releases/{id}", Show).Needs(Access.WholeFleet | Roles.Technician).Does("getRelease", "A release with its signed manifest.");
        routes.MapPost("/api/releases", PublishAsync).Needs(Roles.Manager).Does("publishRelease", "Publishes a release that two release keys signed.").Takes("application/octet-stream", "The signed manifest, COSE_Sign.");
        routes.MapGet("/api/release-keys", Keys).Needs(Access.WholeFleet).Does("getReleaseKeys", "Whose signatures count.");
        routes.MapPost("/api/release-keys/rotation", RotateAsync).Needs(Roles.Manager).Does("rotateReleaseKeys", "Takes a rotation of release keys that two root keys signed.").Takes("application/octet-stream", "The signed rotation, COSE_Sign.");
    }

    private static async Task<Results<Ok<ArtifactView>, ProblemHttpResult>> UploadAsync(HttpContext context, Caller caller, Artifacts artifacts, Database database, string? sha256 = null)
    {
        byte[]? expected = null;
        if (sha256 is not null && (expected = Hash(sha256)) is null)
        {
            return TypedResults.Problem("sha256 must be 64 lower-case hex digits. Nothing was stored.", statusCode: 400);
        }

        if (context.Request.ContentLength > UpdateLimits.BundleBytes)
        {
            return Answer(new Refused("overLimit", $"The upload has {context.Request.ContentLength} bytes; a bundle has at most {UpdateLimits.BundleBytes}."), "Nothing was stored.");
        }

        (byte[]? stored, _, bool isNew, Refused? refused) = await artifacts.StoreAsync(context.Request.Body, expected, caller, context.RequestAborted);
        if (refused is not null)
        {
            return Answer(refused, "Nothing was stored.");
        }

        using DbConnection connection = database.OpenReader();
        return TypedResults.Ok(ArtifactView.Of(ReleaseStore.Artifact(connection, stored!)!) with { Result = isNew ? "stored" : "exists" });
    }

    private static IResult Download(string sha256, Artifacts artifacts) =>
        Hash(sha256) is { } hash && artifacts.Read(hash) is { } bytes
            ? Results.Bytes(bytes, "application/octet-stream", sha256 + ".pe")
            : Results.Problem($"There is no artifact '{sha256}'.", statusCode: 404);

    private static Results<Ok<ReleaseView>, ProblemHttpResult> Show(string id, Database database)
    {
        using DbConnection connection = database.OpenReader();
        return ReleaseStore.Find(connection, id) is { } release ? TypedResults.Ok(ReleaseView.Of(release)) : TypedResults.Problem($"There is no release '{id}'.", statusCode: 404);
    }

    private static async Task<Results<Ok<ReleaseView>, ProblemHttpResult>> PublishAsync(HttpContext context, Caller caller, Releases releases, bool recordRunning = false)
    {
        if (await ReadAsync(context, UpdateLimits.SignedReleaseBytes) is not { } message)
        {
            return Answer(new Refused("overLimit", $"A signed release has at most {UpdateLimits.SignedReleaseBytes} bytes."), "Nothing was published.");
        }

        (ReleaseRow? release, bool isNew, Refused? refused) = await releases.PublishAsync(message, recordRunning, caller);
        return release is null ? Answer(refused!, "Nothing was published.") : TypedResults.Ok(ReleaseView.Of(release) with { Result = isNew ? "published" : "exists" });
    }

    private static Ok<KeysView> Keys(Database database, UpdateSettings settings)
    {
        using DbConnection connection = database.OpenReader();
        (IReadOnlyList<ReleaseKeyRow> registered, RotationRow? rotation) = ReleaseStore.Keys(connection);
        KeyView[] keys = rotation is not null
            ? [.. Releases.KeysOf(rotation).Select(key => KeyView.Of(key, "", $"rotation {rotation.Version}"))]
            : [.. settings.ReleaseKeys.Select(key => KeyView.Of(Convert.FromHexString(key), "", "settings")), .. registered.Where(key => key.EndedUnixMilliseconds is null).Select(key => KeyView.Of(key.PublicKey, key.Holder, key.By))];
        return TypedResults.Ok(new KeysView(rotation?.Version ?? 0, [.. keys.DistinctBy(key => key.PublicKey, StringComparer.Ordinal)], [.. settings.RootKeys.Select(key => ReleaseKeySet.IdOf(Convert.FromHexString(key)))]));
    }

    private static async Task<Results<Ok<RotationView>, ProblemHttpResult>> RotateAsync(HttpContext context, Caller caller, Releases releases)
    {
        if (await ReadAsync(context, UpdateLimits.SignedRotationBytes) is not { } message)
        {
            return Answer(new Refused("overLimit", $"A signed rotation has at most {UpdateLimits.SignedRotationBytes} bytes."), "Nothing was changed.");
        }

        (RotationRow? rotation, Refused? refused) = await releases.RotateAsync(message, caller);
        return rotation is null ? Answer(refused!, "Nothing was changed.") : TypedResults.Ok(new RotationView(rotation.Version, rotation.By));
    }

    private static ProblemHttpResult Answer(Refused refused, string kept) => TypedResults.Problem(
        $"{refused.Sentence} {kept}", statusCode: refused.Name is "overLimit" ? 413 : refused.Name is "malformed" or "empty" ? 400 : 409, extensions: new Dictionary<string, object?> { ["refusal"] = refused.Name });

    // The body, or null where it is longer than it may be.
    private static async Task<byte[]?> ReadAsync(HttpContext context, int most)
    {
        byte[] buffer = new byte[most + 1];
        int length = await context.Request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, context.RequestAborted);
        return length > most ? null : buffer[..length];
    }

    private static byte[]? Hash(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigitLower) ? Convert.FromHexString(text) : null;
}

/// <summary>A bundle; result is stored or exists, after an upload.</summary>
internal sealed record ArtifactView(string Sha256, long Bytes, string By, long MadeUnixMilliseconds, string? Result = null)
{
    public static ArtifactView Of(ArtifactRow row) => new(Convert.ToHexStringLower(row.Sha256), row.Bytes, row.By, row.MadeUnixMilliseconds);
}

/// <summary>A release; result is published or exists, after it was sent.</summary>
internal sealed record ReleaseView(
    string Id, string Hash, string Name, long Build, long Security, string Product, IReadOnlyList<long> Profiles, string Assembly, string Sha256, long BundleBytes, string Firmware, long ReturnsFrom,
    long NotBeforeUnixSeconds, long ExpiresUnixSeconds, IReadOnlyList<string> Signers, string By, long MadeUnixMilliseconds, long? RecalledUnixMilliseconds, string Signed, string? Result = null)
{
    public static ReleaseView Of(ReleaseRow row)
    {
        SignedRelease release = SignedRelease.Decode(row.Message, out _) ?? throw new InvalidDataException($"the stored release {row.Id} cannot be read");
        ReleaseManifest manifest = release.Manifest;
        return new ReleaseView(
            row.Id, Convert.ToHexStringLower(row.Hash), row.Name, row.Build, row.Security, manifest.Product, manifest.Profiles, row.Assembly, Convert.ToHexStringLower(row.Bundle), manifest.BundleBytes, row.Digest, manifest.ReturnsFrom,
            manifest.NotBeforeUnixSeconds, manifest.ExpiresUnixSeconds, ReleaseKeySet.SignersOf(release.Envelope), row.By, row.MadeUnixMilliseconds, row.RecalledUnixMilliseconds, Convert.ToHexStringLower(row.Message));
    }
}

/// <summary>Keys that count: those of the rotation of this version, or for 0 those of the settings and of two people.</summary>
internal sealed record KeysView(long Version, IReadOnlyList<KeyView> Keys, IReadOnlyList<string> RootKeyIds);

/// <summary>A key, who holds it where that is known, and who brought it in.</summary>
internal sealed record KeyView(string Id, string PublicKey, string Holder, string By)
{
    public static KeyView Of(byte[] key, string holder, string by) => new(ReleaseKeySet.IdOf(key), Convert.ToHexStringLower(key), holder, by);
}

/// <summary>A rotation that was taken.</summary>
internal sealed record RotationView(long Version, string By);
