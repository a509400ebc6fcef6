using System.Text.Json;
using System.Text.Json.Serialization;
using DePin.Tools.Crash;

namespace DePin.Tools.Chaos;

/// <summary>How long, from which seed, with how many virtual nodes, and where.</summary>
internal sealed record ChaosOptions(TimeSpan Length, int Seed, int Nodes, string Folder, bool OnPostgres = false, int Instances = 1);

/// <summary>What is done to a running fleet.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Fault>))]
internal enum Fault
{
    /// <summary>The backend, or one of its instances, is killed and started again.</summary>
    Kill,

    /// <summary>The backend, or one of its instances, stands still for some seconds and goes on.</summary>
    Freeze,

    /// <summary>All links break once a second for some seconds.</summary>
    Links,

    /// <summary>No byte is left for some seconds on the disk of the database: the backend's, or the PostgreSQL primary's.</summary>
    Disk,

    /// <summary>The PostgreSQL primary is killed with all that it does, and started again after some seconds.</summary>
    Database,

    /// <summary>The PostgreSQL primary is lost for good; after some seconds its standby is promoted, and gets a standby of its own once the fleet goes on.</summary>
    Failover,

    /// <summary>The balancer is killed with all its connections, and started again after some seconds.</summary>
    Balancer,

    /// <summary>One instance after the other is stopped and started again, while somebody looks at pages.</summary>
    Roll,

    /// <summary>The backend is started again with a clock that is up to a day wrong, and after some seconds with the right one.</summary>
    Clock,
}

/// <summary>One kind of fault.</summary>
/// <param name="Fault">Which.</param>
/// <param name="Times">How often.</param>
/// <param name="SlowestRecoverySeconds">Longest time from its end until every node had a receipt again, real seconds.</param>
internal sealed record FaultCount(Fault Fault, int Times, double SlowestRecoverySeconds);

/// <summary>What was found at the end.</summary>
/// <param name="Seed">Which order and lengths of faults.</param>
/// <param name="Seconds">Real time of it.</param>
/// <param name="Faults">What was done.</param>
/// <param name="LeftOut">What could not be done here, and why; null where all was.</param>
/// <param name="Promises">What became of all that was acknowledged.</param>
/// <param name="RebuildDifferences">What is stored otherwise than it follows from the signed bytes and the log of events.</param>
/// <param name="Instances">How many instances there were.</param>
/// <param name="PagesAsked">Pages that were loaded while instances were restarted one after the other.</param>
/// <param name="PagesFailed">Of which showed an error, or did not come.</param>
/// <param name="FirstPageError">What the first of those was, or null.</param>
internal sealed record ChaosResult(
    int Seed, double Seconds, IReadOnlyList<FaultCount> Faults, string? LeftOut, Promises Promises, long RebuildDifferences, int Instances, int PagesAsked, int PagesFailed, string? FirstPageError)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Whether every promise was kept and the books follow from what was signed.</summary>
    public bool IsSound => Promises.AreKept && RebuildDifferences == 0 && PagesFailed == 0;

    private string Pages => Instances == 1 ? "" : $"{Instances} instances; {PagesAsked} pages were loaded during the rolling restarts, {PagesFailed} failed{(FirstPageError is null ? "" : $" ({FirstPageError})")}\n";

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    public override string ToString() =>
        $"""
        {Seconds:0} s from seed {Seed}: {string.Join(", ", Faults.Select(fault => $"{fault.Fault.ToString().ToLowerInvariant()} {fault.Times} times (all nodes back within {fault.SlowestRecoverySeconds:0.0} s)"))}{(LeftOut is null ? "" : $"\n{LeftOut}")}
        {Promises}
        {RebuildDifferences} differences between the books and what follows from the signed bytes
        {Pages}{(IsSound ? "Every promise was kept." : "A promise was broken.")}
        """;
}
