using System.Text.Json;

namespace DePin.Tools.Bench;

/// <summary>What idle connections cost.</summary>
/// <param name="Database">SQLite or PostgreSQL.</param>
/// <param name="Instances">Backends over it.</param>
/// <param name="AloneBatchesPerSecond">Batches accepted with nobody else connected.</param>
/// <param name="Plain">Plain ones; null where none were wanted.</param>
/// <param name="Tls">Over TLS; null where none were wanted.</param>
internal sealed record ConnectionsResult(string Database, int Instances, double AloneBatchesPerSecond, KindOfConnection? Plain, KindOfConnection? Tls)
{
    /// <summary>Whether no connection was lost.</summary>
    public bool IsGood => (Plain?.Lost ?? 0) + (Tls?.Lost ?? 0) == 0;

    /// <summary>One JSON object.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, JsonSerializerOptions.Web);
}

/// <summary>One kind of connection, over all instances.</summary>
/// <param name="Connections">How many at once.</param>
/// <param name="ConnectsPerSecond">Logins a second.</param>
/// <param name="CpuMillisecondsPerConnect">The backends' processor time for one.</param>
/// <param name="BytesPerConnection">Memory that each takes.</param>
/// <param name="BatchesPerSecond">Batches of others accepted meanwhile.</param>
/// <param name="ReconnectsPerSecond">Logins a second when all had gone at once.</param>
/// <param name="Lost">Connections that ended by themselves.</param>
/// <param name="LostReason">Why one of them did; null where none did.</param>
/// <param name="EachInstance">The memory of each instance.</param>
internal sealed record KindOfConnection(
    int Connections, double ConnectsPerSecond, double CpuMillisecondsPerConnect, double BytesPerConnection, double BatchesPerSecond, double ReconnectsPerSecond, int Lost, string? LostReason, IReadOnlyList<InstanceMemory> EachInstance);

/// <summary>What connections take at one instance, after it collected its garbage.</summary>
/// <param name="Connections">At this one.</param>
/// <param name="MemoryMbBefore">Its memory before they came.</param>
/// <param name="MemoryMb">With all of them.</param>
/// <param name="BytesPerConnection">The difference, for each.</param>
internal sealed record InstanceMemory(int Connections, double MemoryMbBefore, double MemoryMb, double BytesPerConnection);
