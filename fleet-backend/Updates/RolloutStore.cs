using System.Data.Common;
using System.Text.Json;
using Dapper;

namespace DePin.Fleet.Updates;

/// <summary>The SQL of rollouts and their waves.</summary>
internal static class RolloutStore
{
    private const string Columns =
        """
        SELECT id AS Id, name AS Name, release AS Release, plan AS PlanText, state AS StateText, wave AS Wave, reason AS Reason, made_by AS MadeBy, made_ms AS MadeUnixMilliseconds, edited_by AS EditedBy,
            approved_by AS ApprovedBy, approved_ms AS ApprovedUnixMilliseconds, started_ms AS StartedUnixMilliseconds, ended_ms AS EndedUnixMilliseconds
        FROM rollout
        """;

    private const string WaveColumns =
        "SELECT rollout AS Rollout, wave AS Wave, opened_ms AS OpenedUnixMilliseconds, size AS Size, to_take AS ToTake, watched_ms AS WatchedUnixMilliseconds, enough_ms AS EnoughUnixMilliseconds, passed_ms AS PassedUnixMilliseconds, accepted AS AcceptedText, metering AS MeteringText FROM rollout_wave";

    /// <summary>Stores a plan; its number.</summary>
    public static long Insert(DbConnection connection, string name, long? release, RolloutPlan plan, string by, long nowUnixMilliseconds) => connection.ExecuteScalar<long>(
        "INSERT INTO rollout(name, release, plan, state, made_by, made_ms, edited_by) VALUES(@name, @release, @plan, @state, @by, @nowUnixMilliseconds, @by) RETURNING id",
        new { name, release, plan = plan.Write(), state = Text(release is null ? RolloutState.Draft : RolloutState.Signed), by, nowUnixMilliseconds });

    /// <summary>Writes a plan anew: whoever approved it before approved another one.</summary>
    public static void Edit(DbConnection connection, long id, string name, long? release, RolloutPlan plan, string by) => connection.Execute(
        "UPDATE rollout SET name = @name, release = @release, plan = @plan, state = @state, edited_by = @by, approved_by = NULL, approved_ms = NULL WHERE id = @id",
        new { id, name, release, plan = plan.Write(), state = Text(release is null ? RolloutState.Draft : RolloutState.Signed), by });

    /// <summary>A rollout, or null.</summary>
    public static RolloutRow? Find(DbConnection connection, long id) => connection.QuerySingleOrDefault<RolloutRow>($"{Columns} WHERE id = @id", new { id });

    /// <summary>The newest rollouts.</summary>
    public static IReadOnlyList<RolloutRow> Page(DbConnection connection, int limit, long before = long.MaxValue) =>
        connection.Query<RolloutRow>($"{Columns} WHERE id < @before ORDER BY id DESC LIMIT @limit", new { limit, before }).AsList();

    /// <summary>Rollouts that wait for somebody to resume or stop them, newest first.</summary>
    public static IReadOnlyList<RolloutRow> Paused(DbConnection connection, int limit) => connection.Query<RolloutRow>($"{Columns} WHERE state = 'paused' ORDER BY id DESC LIMIT @limit", new { limit }).AsList();

    /// <summary>Rollouts that something may happen to by itself.</summary>
    public static IReadOnlyList<RolloutRow> Live(DbConnection connection) => connection.Query<RolloutRow>($"{Columns} WHERE started_ms IS NOT NULL ORDER BY id").AsList();

    /// <summary>A second person agrees.</summary>
    public static void Approve(DbConnection connection, long id, string by, long nowUnixMilliseconds) => connection.Execute(
        "UPDATE rollout SET state = 'approved', approved_by = @by, approved_ms = @nowUnixMilliseconds WHERE id = @id", new { id, by, nowUnixMilliseconds });

    /// <summary>Moves it to another state; the first time it runs it is started, and it ends once.</summary>
    public static void Move(DbConnection connection, long id, RolloutState state, long? wave, string? reason, long nowUnixMilliseconds) => connection.Execute(
        """
        UPDATE rollout SET state = @state, wave = coalesce(@wave, wave), reason = @reason, started_ms = CASE WHEN @isRunning = 1 THEN coalesce(started_ms, @nowUnixMilliseconds) ELSE started_ms END,
            ended_ms = CASE WHEN @isEnd = 1 THEN coalesce(ended_ms, @nowUnixMilliseconds) ELSE NULL END
        WHERE id = @id
        """,
        new { id, state = Text(state), wave, reason, nowUnixMilliseconds, isRunning = state is RolloutState.Canary, isEnd = state is RolloutState.Done or RolloutState.Stopped });

    /// <summary>Waves that were opened, in their order.</summary>
    public static IReadOnlyList<WaveRow> Waves(DbConnection connection, long rollout) => connection.Query<WaveRow>($"{WaveColumns} WHERE rollout = @rollout ORDER BY wave", new { rollout }).AsList();

    /// <summary>One of them.</summary>
    public static WaveRow Wave(DbConnection connection, long rollout, long wave) => connection.QuerySingle<WaveRow>($"{WaveColumns} WHERE rollout = @rollout AND wave = @wave", new { rollout, wave });

    /// <summary>Stores an opened wave that has still to take in so many nodes.</summary>
    public static void OpenWave(DbConnection connection, long rollout, long wave, long toTake, long nowUnixMilliseconds) => connection.Execute(
        "INSERT INTO rollout_wave(rollout, wave, opened_ms, watched_ms, size, to_take) VALUES(@rollout, @wave, @nowUnixMilliseconds, @nowUnixMilliseconds, 0, @toTake)",
        new { rollout, wave, toTake, nowUnixMilliseconds });

    /// <summary>Notes nodes that a wave took in, and how many are still to come.</summary>
    public static void Fill(DbConnection connection, long rollout, long wave, long taken, long toTake) =>
        connection.Execute("UPDATE rollout_wave SET size = size + @taken, to_take = @toTake WHERE rollout = @rollout AND wave = @wave", new { rollout, wave, taken, toTake });

    /// <summary>Notes that enough nodes executed, or, after a retry, no more.</summary>
    public static void SetEnough(DbConnection connection, long rollout, long wave, long? unixMilliseconds) =>
        connection.Execute("UPDATE rollout_wave SET enough_ms = @unixMilliseconds WHERE rollout = @rollout AND wave = @wave", new { rollout, wave, unixMilliseconds });

    /// <summary>Notes that a wave passed its gate.</summary>
    public static void Pass(DbConnection connection, long rollout, long wave, long nowUnixMilliseconds) =>
        connection.Execute("UPDATE rollout_wave SET passed_ms = @nowUnixMilliseconds WHERE rollout = @rollout AND wave = @wave", new { rollout, wave, nowUnixMilliseconds });

    /// <summary>Silence counts from now on: while it was paused nobody was to speak.</summary>
    public static void Watch(DbConnection connection, long rollout, long wave, long nowUnixMilliseconds) =>
        connection.Execute("UPDATE rollout_wave SET watched_ms = @nowUnixMilliseconds WHERE rollout = @rollout AND wave = @wave", new { rollout, wave, nowUnixMilliseconds });

    /// <summary>Notes what a person accepted.</summary>
    public static void Accept(DbConnection connection, long rollout, long wave, Accepted accepted) =>
        connection.Execute("UPDATE rollout_wave SET accepted = @text WHERE rollout = @rollout AND wave = @wave", new { rollout, wave, text = JsonSerializer.Serialize(accepted, JsonSerializerOptions.Web) });

    /// <summary>Keeps the last figures of metering.</summary>
    public static void SetMetering(DbConnection connection, long rollout, long wave, MeteringFigures figures) => connection.Execute(
        "UPDATE rollout_wave SET metering = @text, metering_ms = @AtUnixMilliseconds WHERE rollout = @rollout AND wave = @wave", new { rollout, wave, text = JsonSerializer.Serialize(figures, JsonSerializerOptions.Web), figures.AtUnixMilliseconds });

    internal static string Text(RolloutState state) => JsonNamingPolicy.CamelCase.ConvertName(state.ToString());
}

/// <summary>A rollout as stored.</summary>
internal sealed record RolloutRow
{
    public long Id { get; init; }

    public required string Name { get; init; }

    /// <summary>Row of the release, null in a draft.</summary>
    public long? Release { get; init; }

    public required string PlanText { get; init; }

    public required string StateText { get; init; }

    public long? Wave { get; init; }

    public string? Reason { get; init; }

    public required string MadeBy { get; init; }

    public long MadeUnixMilliseconds { get; init; }

    public required string EditedBy { get; init; }

    public string? ApprovedBy { get; init; }

    public long? ApprovedUnixMilliseconds { get; init; }

    public long? StartedUnixMilliseconds { get; init; }

    public long? EndedUnixMilliseconds { get; init; }

    public RolloutState State => Enum.Parse<RolloutState>(StateText, ignoreCase: true);

    public RolloutPlan Plan => RolloutPlan.Read(PlanText);
}

/// <summary>An opened wave as stored.</summary>
internal sealed record WaveRow
{
    public long Rollout { get; init; }

    public long Wave { get; init; }

    public long OpenedUnixMilliseconds { get; init; }

    public long Size { get; init; }

    public long ToTake { get; init; }

    public long WatchedUnixMilliseconds { get; init; }

    public long? EnoughUnixMilliseconds { get; init; }

    public long? PassedUnixMilliseconds { get; init; }

    public string? AcceptedText { get; init; }

    public string? MeteringText { get; init; }

    public Accepted Accepted => AcceptedText is null ? new Accepted() : JsonSerializer.Deserialize<Accepted>(AcceptedText, JsonSerializerOptions.Web)!;

    public MeteringFigures? Metering => MeteringText is null ? null : JsonSerializer.Deserialize<MeteringFigures>(MeteringText, JsonSerializerOptions.Web);
}
