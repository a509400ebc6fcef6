using System.Text.Json;

namespace DePin.Tools.Crash;

/// <summary>How often, with whom, and where.</summary>
internal sealed record CrashOptions(int Kills, int Lamps, int Nodes, string Folder, bool OnPostgres = false);

/// <summary>What was found after the last start.</summary>
/// <param name="Kills">Times the backend was killed.</param>
/// <param name="LeastUnderWay">Batches under way at the kill with the fewest.</param>
/// <param name="Promises">What became of all that was acknowledged.</param>
internal sealed record CrashResult(int Kills, int LeastUnderWay, Promises Promises)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Whether every promise was kept.</summary>
    public bool IsSound => Promises.AreKept;

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    public override string ToString() =>
        $"""
        killed {Kills} times with at least {LeastUnderWay} batches under way
        {Promises}
        {(IsSound ? "Every promise was kept." : "A promise was broken.")}
        """;
}
