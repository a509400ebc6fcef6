using System.Data.Common;
using System.Globalization;
using DePin.Fleet.Ledger;
using DePin.Fleet.Nodes;

namespace DePin.Fleet.Pairing;

/// <summary>What an act would do to credit, in words and in the node's own figures.</summary>
internal static class LifeEffect
{
    private const int DaysLookedBack = 30;
    private const long MillisecondsPerDay = 86_400_000;
    private const double MicroPerCredit = 1_000_000;

    /// <summary>For whoever confirms it.</summary>
    /// <param name="connection">A connection.</param>
    /// <param name="node">The node.</param>
    /// <param name="act">What is to be done.</param>
    /// <param name="nowUnixMilliseconds">The present.</param>
    public static string Of(DbConnection connection, NodeRow? node, LifeAct act, long nowUnixMilliseconds)
    {
        string effect = PairWords.Of($"Effect.{act}", PairingLife.MoveDays, HandoverChange.NoticeDays);
        if (node?.Operator is not { } name)
        {
            return effect;
        }

        (long earned, long pending) = NodeEarningsStore.Since(connection, node.RowId, Transfers.OperatorPrefix + name, nowUnixMilliseconds - (DaysLookedBack * MillisecondsPerDay));
        string figures = PairWords.Of("Effect.Earned", DaysLookedBack, name, Credits(earned), Credits(pending));
        return act == LifeAct.Move
            ? $"{effect} {figures} {PairWords.Of("Effect.Pace", PairingLife.MoveDays, Credits(earned * PairingLife.MoveDays / DaysLookedBack))}"
            : $"{effect} {figures}";
    }

    private static string Credits(long micro) => (micro / MicroPerCredit).ToString("0.00####", CultureInfo.InvariantCulture);
}
