using System.Data.Common;
using DePin.Fleet.Approvals;
using DePin.Fleet.Crediting;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Pairing;

/// <summary>Gives a node to another operator, with notice: two managers agree, and the one who has it hears of it 14 days before.</summary>
internal sealed class HandoverChange : ChangeKind<Handover>
{
    /// <summary>Days from approval to the change of hands, at least.</summary>
    public const int NoticeDays = 14;

    private const long SecondsPerDay = 86_400;

    /// <inheritdoc />
    public override string Name => "handover";

    /// <inheritdoc />
    protected override Sentence? Problem(DbConnection connection, Handover change, long nowUnixMilliseconds)
    {
        NodeRow? node = NodeStore.Find(connection, change.NodeId);
        long earliest = (nowUnixMilliseconds / 1000) + (NoticeDays * SecondsPerDay);
        return node?.Operator is null ? Sentence.Of($"Node '{change.NodeId}' is not paired.")
            : node.FromUnix > nowUnixMilliseconds / 1000 ? Sentence.Of($"Node '{change.NodeId}' changes hands or place already.")
            : node.Operator == change.Operator ? Sentence.Of($"{change.Operator} has node '{change.NodeId}' already.")
            : PersonStore.Find(connection, change.Operator) is not { ClosedMs: null } person || !person.Roles.HasFlag(Roles.Operator) ? Sentence.Of($"There is no operator '{change.Operator}'.")
            : change.FromUnixSeconds < earliest ? TermsTime.TooEarly(earliest, Sentence.Of($"a hand-over is announced {NoticeDays} days before"))
            : TermsTime.Problem(change.FromUnixSeconds);
    }

    /// <inheritdoc />
    protected override void Apply(DbConnection connection, Handover change, string by, long nowUnixMilliseconds)
    {
        NodeRow node = NodeStore.Find(connection, change.NodeId)!;
        PairingStore.End(connection, node.RowId, change.FromUnixSeconds);
        PairingStore.Insert(connection, node.RowId, change.Operator, node.CapitalBuilder!, new Site(node.Place!, node.Latitude!.Value, node.Longitude!.Value), change.FromUnixSeconds);
        EventStore.Record(connection, nowUnixMilliseconds, "unpaired", node.RowId, by, new { what = Name, toUnixSeconds = change.FromUnixSeconds, to = change.Operator });
        EventStore.Record(connection, nowUnixMilliseconds, "pairing", node.RowId, by, new { change.Operator, node.CapitalBuilder, change.FromUnixSeconds });
    }
}

/// <summary>A node that goes to another operator from a second on.</summary>
public sealed record Handover(string NodeId, string Operator, long FromUnixSeconds);
