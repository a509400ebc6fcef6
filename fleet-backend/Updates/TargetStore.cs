using System.Data.Common;
using Dapper;
using DePin.Contracts.Updates;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Updates;

/// <summary>Which nodes a rollout is for, and their tags.</summary>
internal static class TargetStore
{
    // Spreads row numbers, which rise with the production run, over a wave: a prime below 2^32, and Knuth's multiplier.
    private const string Shuffled = "(n.id * 2654435761 + @rollout * 40503) % 4294967291";

    private const string UnderWay = "BETWEEN 0 AND 6";

    /// <summary>Nodes that match and are in no wave of the rollout yet.</summary>
    public static long Candidates(DbConnection connection, long rollout, Target target, ReleaseRow release, long nowUnixMilliseconds)
    {
        (string where, DynamicParameters parameters) = Where(connection, rollout, target, release, nowUnixMilliseconds);
        return connection.ExecuteScalar<long>($"SELECT count(*) {where}", parameters);
    }

    /// <summary>The first of those nodes in the rollout's own order, with their profiles: the same ones each time while none goes away.</summary>
    public static IReadOnlyList<(long Node, long Profile)> Some(DbConnection connection, long rollout, Target target, ReleaseRow release, long nowUnixMilliseconds, long limit)
    {
        (string where, DynamicParameters parameters) = Where(connection, rollout, target, release, nowUnixMilliseconds);
        parameters.Add("limit", limit);
        return connection.Query<(long, long)>($"SELECT n.id, n.profile {where} ORDER BY {Shuffled} LIMIT @limit", parameters).AsList();
    }

    /// <summary>Recalled firmware that nodes of the rollout ran, and that nothing was offered for yet.</summary>
    public static IReadOnlyList<string> Unreplaced(DbConnection connection, long rollout, string digest) => connection.Query<string>(
        """
        SELECT DISTINCT f.digest FROM rollout_node m JOIN firmware_release f ON f.digest = m.from_firmware
        WHERE m.rollout = @rollout AND f.recalled_ms IS NOT NULL AND f.replaced_ms IS NULL AND f.digest <> @digest ORDER BY f.digest
        """,
        new { rollout, digest }).AsList();

    /// <summary>Nodes in waves so far.</summary>
    public static long Members(DbConnection connection, long rollout) => connection.ExecuteScalar<long>("SELECT count(*) FROM rollout_node WHERE rollout = @rollout", new { rollout });

    /// <summary>Takes nodes into a wave for good, those that still match, whatever becomes of them later. Answers how many.</summary>
    public static long Freeze(DbConnection connection, long rollout, long wave, IReadOnlyList<long> nodes, Target target, ReleaseRow release, long nowUnixMilliseconds)
    {
        (string where, DynamicParameters parameters) = Where(connection, rollout, target, release, nowUnixMilliseconds);
        parameters.AddDynamicParams(new { wave, nodes = nodes.ToArray(), withdrawn = (int)NodeState.Withdrawn });
        long size = connection.Execute(
            $"""
            INSERT INTO rollout_node(rollout, node, wave, due_ms, from_firmware)
            SELECT @rollout, n.id, @wave, @now, u.firmware {where} AND {connection.In("n.id", "nodes")}
            """,
            parameters);

        // What an older rollout that is done still had to offer them: this one takes its place.
        connection.Execute(
            $"""
            UPDATE rollout_node SET state = @withdrawn, due_ms = NULL WHERE {connection.In("node", "nodes")} AND rollout <> @rollout AND state {UnderWay}
                AND EXISTS(SELECT 1 FROM rollout_node m WHERE m.rollout = @rollout AND m.wave = @wave AND m.node = rollout_node.node)
            """,
            parameters);
        return size;
    }

    /// <summary>Tags with how many nodes have them.</summary>
    public static IReadOnlyList<TagRow> Tags(DbConnection connection, string after = "", int limit = 1000) =>
        connection.Query<TagRow>("SELECT tag AS Tag, count(*) AS Nodes FROM node_tag WHERE tag > @after GROUP BY tag ORDER BY tag LIMIT @limit", new { after, limit }).AsList();

    /// <summary>A node's tags.</summary>
    public static IReadOnlyList<string> Tags(DbConnection connection, long node) => connection.Query<string>("SELECT tag FROM node_tag WHERE node = @node ORDER BY tag", new { node }).AsList();

    /// <summary>Gives a node these tags and no others.</summary>
    public static void SetTags(DbConnection connection, long node, IEnumerable<string> tags)
    {
        connection.Execute("DELETE FROM node_tag WHERE node = @node", new { node });
        connection.Execute("INSERT INTO node_tag(node, tag) VALUES(@node, @tag)", tags.Select(tag => new { node, tag }));
    }

    private static (string Where, DynamicParameters Parameters) Where(DbConnection connection, long rollout, Target target, ReleaseRow release, long nowUnixMilliseconds)
    {
        SignedRelease signed = SignedRelease.Decode(release.Message, out _) ?? throw new InvalidDataException($"the stored release {release.Id} cannot be read");
        long[] profiles = [.. signed.Manifest.Profiles.Where(number => target.Profiles is not { } names || names.Any(name => Profile.ByName[name].Number == number))];
        var parameters = new DynamicParameters(new { rollout, profiles, digest = release.Digest, build = release.Build, security = release.Security, from = signed.Manifest.ReturnsFrom, now = nowUnixMilliseconds });
        var where = new List<string>
        {
            connection.In("n.profile", "profiles"),
            "NOT EXISTS(SELECT 1 FROM rollout_node m WHERE m.node = n.id AND m.rollout = @rollout)",
            "NOT EXISTS(SELECT 1 FROM registration g WHERE g.node = n.id AND g.scrapped_ms IS NOT NULL)",
            "coalesce(u.firmware, '') <> @digest",
            "NOT EXISTS(SELECT 1 FROM update_release x WHERE x.digest = u.firmware AND x.security > @security)",
            $"NOT EXISTS(SELECT 1 FROM rollout_node o JOIN rollout r ON r.id = o.rollout WHERE o.node = n.id AND o.rollout <> @rollout AND o.state {UnderWay} AND r.ended_ms IS NULL)",
            signed.Manifest.IsReturn ? "EXISTS(SELECT 1 FROM update_release x WHERE x.digest = u.firmware AND x.build = @from)" : "NOT EXISTS(SELECT 1 FROM update_release x WHERE x.digest = u.firmware AND x.build >= @build)",
        };
        void Any(string condition, string name, IReadOnlyList<string>? values)
        {
            if (values is not null)
            {
                where.Add(condition);
                parameters.Add(name, values.ToArray());
            }
        }

        Any(connection.In("u.firmware", "firmware"), "firmware", target.Firmware);
        Any(connection.In("p.operator", "operators"), "operators", target.Operators);
        Any(connection.In("p.capital_builder", "builders"), "builders", target.CapitalBuilders);
        Any(
            $"EXISTS(SELECT 1 FROM agreement a WHERE a.node = n.id AND {connection.In("a.manager", "agreements")} AND a.from_unix = (SELECT max(b.from_unix) FROM agreement b WHERE b.node = n.id AND b.from_unix <= @now / 1000))",
            "agreements", target.Agreements);
        Any($"EXISTS(SELECT 1 FROM node_tag t WHERE t.node = n.id AND {connection.In("t.tag", "tags")})", "tags", target.Tags);
        Any($"NOT EXISTS(SELECT 1 FROM node_tag t WHERE t.node = n.id AND {connection.In("t.tag", "without")})", "without", target.WithoutTags);
        if (target.Area is { } area)
        {
            where.Add("p.latitude BETWEEN @South AND @North AND p.longitude BETWEEN @West AND @East");
            parameters.AddDynamicParams(area);
        }

        return ($"FROM node n LEFT JOIN node_update u ON u.node = n.id LEFT JOIN pairing p ON p.node = n.id AND p.to_unix IS NULL WHERE {string.Join(" AND ", where)}", parameters);
    }
}

/// <summary>A tag and how many nodes have it.</summary>
internal sealed record TagRow
{
    public required string Tag { get; init; }

    public long Nodes { get; init; }
}
