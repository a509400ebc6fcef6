using System.Data.Common;
using System.Text.Json;
using Dapper;
using DePin.Fleet.Storage;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Ledger;

/// <summary>Which settings judged which batches: they may change from one start to the next, and every verdict stays explainable.</summary>
internal static class RulesStore
{
    private const string Kind = "settings";

    /// <summary>Records the settings that judge from now on, where they are not the last ones.</summary>
    public static void Adopt(DbConnection connection, VerificationSettings settings, long nowUnixMilliseconds)
    {
        long cursor = connection.ExecuteScalar<long>("SELECT cursor FROM book");
        IReadOnlyList<(long AfterBatch, VerificationSettings Settings)> before = Versions(connection);
        if (before.Count == 0 || before[^1].Settings != settings)
        {
            EventStore.Record(connection, nowUnixMilliseconds, Kind, null, "settings", new { afterBatch = cursor, verification = settings });
        }
    }

    /// <summary>All settings and the batch after which each counted, oldest first.</summary>
    public static IReadOnlyList<(long AfterBatch, VerificationSettings Settings)> Versions(DbConnection connection) =>
        [.. connection.Query<string>("SELECT content FROM event WHERE kind = @Kind ORDER BY n", new { Kind }).Select(content =>
        {
            using var json = JsonDocument.Parse(content);
            return (json.RootElement.GetProperty("afterBatch").GetInt64(), json.RootElement.GetProperty("verification").Deserialize<VerificationSettings>(JsonSerializerOptions.Web)!);
        })];
}
