using System.Text.Json;
using System.Text.Json.Serialization;

namespace DePin.Tools.Proof;

/// <summary>A statement with its evidence, as the backend gives it; FORMATS.md describes it.</summary>
internal sealed record StatementFile(
    string Account, string LogKey, string Checkpoint, string TotalMicro, long? NextAfter, StatementFile.Line[] Lines,
    string MovementsMicro, StatementFile.Transfer[] Movements, int Waiting)
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        AllowDuplicateProperties = false,
        NumberHandling = JsonNumberHandling.Strict,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>Reads one.</summary>
    /// <exception cref="JsonException">It is no such file.</exception>
    public static StatementFile Read(string text) => JsonSerializer.Deserialize<StatementFile>(text, Options) ?? throw new JsonException("it holds null");

    /// <summary>What one segment of a batch gave, and why.</summary>
    internal sealed record Line(
        string NodeId, string PublicKey, string Message, Place Batch, long FirstReading, long LastReading, Run[] Runs, long CreditableMilliwattHours, long ServedSeconds,
        long MicroPerKilowattHour, long MicroPerServedHour, Event Tariff, long OperatorBasisPoints, long CapitalBuilderBasisPoints, long ManagerBasisPoints, Event Agreement, Event Pairing,
        string EnergyMicro, string ServiceMicro, Transfer[] Transfers);

    /// <summary>Readings that do not earn all of their energy.</summary>
    internal sealed record Run(long First, int Count, bool Earns, string Name, long UncreditedMilliwattHours, string? Figures);

    /// <summary>A transfer as it stands in the log.</summary>
    internal sealed record Transfer(string Id, string Kind, string Debit, string Credit, string AmountMicro, string Source, Place Place);

    /// <summary>An event as it stands in the log.</summary>
    internal sealed record Event(string Kind, long AtUnixMilliseconds, string By, string Content, Place Place);

    /// <summary>Index in the log and the hashes beside the way up.</summary>
    internal sealed record Place(long Index, string[] Proof);
}
