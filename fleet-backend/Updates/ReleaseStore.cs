using System.Data.Common;
using System.Text.Json;
using Dapper;

namespace DePin.Fleet.Updates;

/// <summary>The SQL of artifacts, releases and the keys that sign them.</summary>
internal static class ReleaseStore
{
    private const string Columns =
        """
        r.id AS RowId, r.hash AS Hash, r.message AS Message, r.name AS Name, r.build AS Build, r.security AS Security, r.profiles AS ProfilesText, r.assembly AS Assembly, r.bundle AS Bundle,
        r.digest AS Digest, r.by AS By, r.made_ms AS MadeUnixMilliseconds, f.recalled_ms AS RecalledUnixMilliseconds
        FROM update_release r LEFT JOIN firmware_release f ON f.digest = r.digest
        """;

    /// <summary>Gives a bundle to the other instances, each of which keeps it as a file too; PostgreSQL only.</summary>
    public static void Share(DbConnection connection, byte[] sha256, byte[] content) =>
        connection.Execute("INSERT INTO shared_bundle(sha256, content) VALUES(@sha256, @content) ON CONFLICT DO NOTHING", new { sha256, content });

    /// <summary>The bytes of a bundle that another instance took, or null; PostgreSQL only.</summary>
    public static byte[]? Shared(DbConnection connection, byte[] sha256) => connection.ExecuteScalar<byte[]?>("SELECT content FROM shared_bundle WHERE sha256 = @sha256", new { sha256 });

    /// <summary>The bundles that no other instance can have; PostgreSQL only.</summary>
    public static IReadOnlyList<byte[]> Unshared(DbConnection connection) =>
        connection.Query<byte[]>("SELECT sha256 FROM artifact a WHERE NOT EXISTS(SELECT 1 FROM shared_bundle b WHERE b.sha256 = a.sha256)").AsList();

    /// <summary>Notes an artifact; false where it was there.</summary>
    public static bool AddArtifact(DbConnection connection, byte[] sha256, long bytes, string by, long nowUnixMilliseconds) =>
        connection.Execute(
            "INSERT INTO artifact(sha256, bytes, by, made_ms) SELECT @sha256, @bytes, @by, @nowUnixMilliseconds WHERE NOT EXISTS(SELECT 1 FROM artifact WHERE sha256 = @sha256)", new { sha256, bytes, by, nowUnixMilliseconds }) == 1;

    /// <summary>An artifact, or null.</summary>
    public static ArtifactRow? Artifact(DbConnection connection, byte[] sha256) =>
        connection.QuerySingleOrDefault<ArtifactRow>("SELECT sha256 AS Sha256, bytes AS Bytes, by AS By, made_ms AS MadeUnixMilliseconds FROM artifact WHERE sha256 = @sha256", new { sha256 });

    /// <summary>The newest artifacts.</summary>
    public static IReadOnlyList<ArtifactRow> Artifacts(DbConnection connection, int limit, long madeUnixMilliseconds = long.MaxValue, string afterSha256 = "") => connection.Query<ArtifactRow>(
        """
        SELECT sha256 AS Sha256, bytes AS Bytes, by AS By, made_ms AS MadeUnixMilliseconds FROM artifact
        WHERE (-made_ms, lower(hex(sha256))) > (-@madeUnixMilliseconds, @afterSha256) ORDER BY made_ms DESC, lower(hex(sha256)) LIMIT @limit
        """,
        new { limit, madeUnixMilliseconds, afterSha256 }).AsList();

    /// <summary>Every release, oldest first; there are few.</summary>
    public static IReadOnlyList<ReleaseRow> All(DbConnection connection) => connection.Query<ReleaseRow>($"SELECT {Columns} ORDER BY r.id").AsList();

    /// <summary>Releases before one, newest first.</summary>
    public static IReadOnlyList<ReleaseRow> Page(DbConnection connection, int limit, long before) =>
        connection.Query<ReleaseRow>($"SELECT {Columns} WHERE r.id < @before ORDER BY r.id DESC LIMIT @limit", new { limit, before }).AsList();

    /// <summary>The release with this id (hex), or null.</summary>
    public static ReleaseRow? Find(DbConnection connection, string id) =>
        connection.QueryFirstOrDefault<ReleaseRow>($"SELECT {Columns} WHERE lower(hex(substr(r.hash, 1, 8))) = @id", new { id });

    /// <summary>The release of a row.</summary>
    public static ReleaseRow Get(DbConnection connection, long rowId) => connection.QuerySingle<ReleaseRow>($"SELECT {Columns} WHERE r.id = @rowId", new { rowId });

    /// <summary>Stores a release.</summary>
    public static void Insert(DbConnection connection, ReleaseRow release) =>
        connection.Execute(
            """
            INSERT INTO update_release(hash, message, name, build, security, profiles, assembly, bundle, digest, by, made_ms)
            VALUES(@Hash, @Message, @Name, @Build, @Security, @ProfilesText, @Assembly, @Bundle, @Digest, @By, @MadeUnixMilliseconds)
            """,
            release);

    /// <summary>What nodes run and nobody recorded; empty once anything is recorded.</summary>
    public static IReadOnlyList<(string Digest, long Nodes)> Unrecorded(DbConnection connection) => connection.Query<(string, long)>(
        "SELECT firmware, count(*) FROM node_update WHERE firmware IS NOT NULL AND NOT EXISTS(SELECT 1 FROM firmware_release) GROUP BY firmware ORDER BY count(*) DESC, firmware LIMIT 100").AsList();

    /// <summary>Keys that two people registered, and those of the last rotation, which then count alone.</summary>
    public static (IReadOnlyList<ReleaseKeyRow> Registered, RotationRow? Rotation) Keys(DbConnection connection) => (
        connection.Query<ReleaseKeyRow>("SELECT public_key AS PublicKey, holder AS Holder, by AS By, made_ms AS MadeUnixMilliseconds, ended_ms AS EndedUnixMilliseconds FROM release_key ORDER BY made_ms, public_key").AsList(),
        connection.QueryFirstOrDefault<RotationRow>("SELECT version AS Version, message AS Message, by AS By, made_ms AS MadeUnixMilliseconds FROM key_rotation ORDER BY version DESC LIMIT 1"));

    /// <summary>Registers a key, also one that was ended before.</summary>
    public static void AddKey(DbConnection connection, byte[] publicKey, string holder, string by, long nowUnixMilliseconds) =>
        connection.Execute(
            """
            INSERT INTO release_key(public_key, holder, by, made_ms) VALUES(@publicKey, @holder, @by, @nowUnixMilliseconds)
            ON CONFLICT(public_key) DO UPDATE SET holder = excluded.holder, by = excluded.by, made_ms = excluded.made_ms, ended_ms = NULL
            """,
            new { publicKey, holder, by, nowUnixMilliseconds });

    /// <summary>Ends a key.</summary>
    public static void EndKey(DbConnection connection, byte[] publicKey, long nowUnixMilliseconds) =>
        connection.Execute("UPDATE release_key SET ended_ms = @nowUnixMilliseconds WHERE public_key = @publicKey AND ended_ms IS NULL", new { publicKey, nowUnixMilliseconds });

    /// <summary>Stores a rotation.</summary>
    public static void AddRotation(DbConnection connection, RotationRow rotation) =>
        connection.Execute("INSERT INTO key_rotation(version, message, by, made_ms) VALUES(@Version, @Message, @By, @MadeUnixMilliseconds)", rotation);

    internal static long[] Profiles(string text) => JsonSerializer.Deserialize<long[]>(text)!;
}

/// <summary>A stored bundle.</summary>
public sealed record ArtifactRow
{
    /// <summary>Its hash.</summary>
    public required byte[] Sha256 { get; init; }

    /// <summary>Its length.</summary>
    public long Bytes { get; init; }

    /// <summary>Who uploaded it first.</summary>
    public required string By { get; init; }

    /// <summary>When.</summary>
    public long MadeUnixMilliseconds { get; init; }
}

/// <summary>A published release as stored.</summary>
public sealed record ReleaseRow
{
    /// <summary>Key of its row.</summary>
    public long RowId { get; init; }

    /// <summary>SHA-256 of the manifest.</summary>
    public required byte[] Hash { get; init; }

    /// <summary>First 8 bytes of it, hex.</summary>
    public string Id => Convert.ToHexStringLower(Hash.AsSpan(0, 8));

    /// <summary>The signed manifest as it came.</summary>
    public required byte[] Message { get; init; }

    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>Its build.</summary>
    public long Build { get; init; }

    /// <summary>Its security number.</summary>
    public long Security { get; init; }

    /// <summary>JSON array of profile numbers.</summary>
    public required string ProfilesText { get; init; }

    /// <summary>Profile numbers.</summary>
    public long[] Profiles => ReleaseStore.Profiles(ProfilesText);

    /// <summary>Name of its assembly.</summary>
    public required string Assembly { get; init; }

    /// <summary>SHA-256 of its bundle.</summary>
    public required byte[] Bundle { get; init; }

    /// <summary>How /api/firmware and the nodes name it.</summary>
    public required string Digest { get; init; }

    /// <summary>Who published it.</summary>
    public required string By { get; init; }

    /// <summary>When.</summary>
    public long MadeUnixMilliseconds { get; init; }

    /// <summary>When two people recalled its firmware, or null.</summary>
    public long? RecalledUnixMilliseconds { get; init; }
}

/// <summary>A registered release key.</summary>
public sealed record ReleaseKeyRow
{
    /// <summary>Compressed.</summary>
    public required byte[] PublicKey { get; init; }

    /// <summary>Who holds it.</summary>
    public required string Holder { get; init; }

    /// <summary>Who registered it.</summary>
    public required string By { get; init; }

    /// <summary>When.</summary>
    public long MadeUnixMilliseconds { get; init; }

    /// <summary>When it was ended, or null.</summary>
    public long? EndedUnixMilliseconds { get; init; }
}

/// <summary>A rotation of release keys.</summary>
public sealed record RotationRow
{
    /// <summary>Rises.</summary>
    public long Version { get; init; }

    /// <summary>As the root keys signed it.</summary>
    public required byte[] Message { get; init; }

    /// <summary>Who brought it in.</summary>
    public required string By { get; init; }

    /// <summary>When.</summary>
    public long MadeUnixMilliseconds { get; init; }
}
