using System.Data.Common;
using DePin.Fleet.Approvals;
using DePin.Fleet.Crediting;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Ledger;

/// <summary>
/// Takes back what a node's readings of a time earned, by a later finding. What is pending is voided; what is posted is reversed out of the
/// balance, and what the balance does not hold is owed.
/// </summary>
internal sealed class ReversalChange : ChangeKind<Reversal>
{
    /// <inheritdoc />
    public override string Name => "reversal";

    /// <inheritdoc />
    protected override Sentence? Problem(DbConnection connection, Reversal change, long nowUnixMilliseconds) =>
        NodeStore.Find(connection, change.NodeId) is null ? Sentence.Of($"No node '{change.NodeId}' is registered.")
        : change.FromUnixSeconds >= change.ToUnixSeconds ? Sentence.Of($"fromUnixSeconds must lie before toUnixSeconds.")
        : SettlementStore.Waiting(connection, NodeStore.Find(connection, change.NodeId)!.RowId, change.FromUnixSeconds, change.ToUnixSeconds) switch
        {
            // What waits would be credited afterwards, as if nobody had found anything.
            { Held: > 0 and var held } => Sentence.Of($"{held} readings of this time are held: decide over them first, or time releases what is to be taken back."),
            { Unfunded: > 0 and var unfunded } => Sentence.Of($"{unfunded} readings of this time wait for funds, and are credited when funds come: record the funds first."),
            _ => null,
        };

    /// <inheritdoc />
    protected override void Apply(DbConnection connection, Reversal change, string by, long nowUnixMilliseconds)
    {
        long node = NodeStore.Find(connection, change.NodeId)!.RowId;
        long voided = 0;
        long reversed = 0;
        long owed = 0;
        foreach (CreditRow row in SettlementStore.Credit(connection, node, change.FromUnixSeconds, change.ToUnixSeconds))
        {
            if (row.State == "pending")
            {
                SettlementStore.Settle(connection, [row.N], isPosted: false, nowUnixMilliseconds);
                voided += row.AmountMicro;
                continue;
            }

            long earned = row.Kind == Transfers.Service && SettlementStore.Month(connection, node, Month.Of(row.OpenedUnixSeconds).Number) is { } month
                ? Availability.EarnedMicro(row.AmountMicro, month.Served, month.Expected)
                : row.AmountMicro;
            string reference = Convert.ToHexStringLower(row.Id);
            long taken = Math.Min(earned, Math.Max(0, SettlementStore.Posted(connection, row.Account)));
            if (SettlementStore.MarkReversed(connection, row.N, earned - taken))
            {
                LedgerStore.Post(connection, Transfers.IdOf(Transfers.Reversal, reference), Transfers.Reversal, row.Account, Transfers.Issued, taken, reference, nowUnixMilliseconds);
                SettlementStore.Owe(connection, row.Account, earned - taken);
                reversed += taken;
                owed += earned - taken;
            }
        }

        EventStore.Record(connection, nowUnixMilliseconds, Name, node, by, new { change.FromUnixSeconds, change.ToUnixSeconds, voidedMicro = voided, reversedMicro = reversed, owedMicro = owed });
    }
}

/// <summary>Readings whose credit is taken back: of one node, opened from one second up to another (exclusive).</summary>
public sealed record Reversal(string NodeId, long FromUnixSeconds, long ToUnixSeconds);
