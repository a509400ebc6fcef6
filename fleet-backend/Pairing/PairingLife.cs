using System.Data.Common;
using DePin.Contracts.Pairing;
using DePin.Fleet.Boards;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Pairing;

/// <summary>What becomes of a pairing: moved, ended, or with its node out of the fleet, stolen or found. Each with who, when and why, as an event and in the audit log.</summary>
internal sealed class PairingLife(StoreWriter writer, NodeDirectory directory, TimeProvider clock)
{
    /// <summary>Days from a move to the first reading that earns again: a lamp that wanders is looked at first.</summary>
    public const int MoveDays = 7;

    /// <summary>The reason of a suspension that somebody's report of a theft began.</summary>
    public const string StolenReason = "reported stolen";

    private const long SecondsPerDay = 86_400;

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Who may ask for an act; operators only of nodes that are theirs.</summary>
    public static Roles MayAsk(LifeAct act) => act is LifeAct.Retire or LifeAct.Found or LifeAct.Handover ? Roles.Manager : Roles.Manager | Roles.Operator;

    /// <summary>Ends the pairing and arms a fresh claim; the claim, or what is wrong.</summary>
    public Task<(Claim? Claim, Sentence? Problem)> UnpairAsync(Caller by, string nodeId, string reason, bool asSpare = false) => writer.RunAsync<(Claim?, Sentence?)>(connection =>
        End(connection, by, nodeId, reason, asSpare ? "spare" : "unpaired") is { } problem ? (null, problem) : (RegistrationStore.MakeClaim(connection, NodeStore.Find(connection, nodeId)!.RowId, Now), null));

    /// <summary>Lets the node stand elsewhere; what is wrong, or null.</summary>
    public Task<Sentence?> MoveAsync(Caller by, string nodeId, Site site, string reason) => writer.RunAsync(connection =>
    {
        NodeRow? node = NodeStore.Find(connection, nodeId);
        if (End(connection, by, nodeId, reason, "moved") is { } problem)
        {
            return problem;
        }

        long from = (Now / 1000) + (MoveDays * SecondsPerDay);
        PairingStore.Insert(connection, node!.RowId, node.Operator!, node.CapitalBuilder!, site, from);
        EventStore.Record(connection, Now, "pairing", node.RowId, by.Name, new { node.Operator, node.CapitalBuilder, fromUnixSeconds = from, reason });
        return null;
    });

    /// <summary>Ends the pairing, and the node's part in the fleet; what is wrong, or null.</summary>
    public async Task<Sentence?> RetireAsync(Caller by, string nodeId, string reason)
    {
        Sentence? problem = await writer.RunAsync(connection =>
        {
            if (End(connection, by, nodeId, reason, "retired") is { } wrong)
            {
                return wrong;
            }

            long node = NodeStore.Find(connection, nodeId)!.RowId;
            RegistrationStore.UseClaim(connection, node, Now);
            RegistrationStore.Scrap(connection, node, by.Name, reason, Now);
            return null;
        });
        if (problem is null)
        {
            directory.Remove(nodeId);
        }

        return problem;
    }

    /// <summary>Holds what a stolen node sends from now on; what is wrong, or null.</summary>
    public Task<Sentence?> ReportStolenAsync(Caller by, string nodeId, string reason) => writer.RunAsync(connection =>
    {
        if (Theirs(connection, by, nodeId) is not { } node)
        {
            return Sentence.Of($"Node '{nodeId}' is not paired with you.");
        }

        if (!SuspensionStore.Begin(connection, node.RowId, new Suspension(Now, StolenReason, Sentence.OfStored(reason), Sentence.Of($"A manager who has seen it again says that it is found."), by.Name)))
        {
            return Sentence.Of($"Node {nodeId} is suspended already.");
        }

        AuditStore.Record(connection, Now, by.Name, StolenReason, $"{nodeId}: {reason}");
        return null;
    });

    /// <summary>Ends what a report of a theft began; what is wrong, or null.</summary>
    public Task<Sentence?> ReportFoundAsync(Caller by, string nodeId, string reason) => writer.RunAsync(connection =>
    {
        if (NodeStore.Find(connection, nodeId) is not { SuspendedReason: StolenReason } node)
        {
            return Sentence.Of($"Node '{nodeId}' was not reported stolen.");
        }

        SuspensionStore.Lift(connection, node.RowId, Now, by.Name, reason);
        AuditStore.Record(connection, Now, by.Name, "found", $"{nodeId}: {reason}");
        return null;
    });

    private static NodeRow? Theirs(DbConnection connection, Caller by, string nodeId) =>
        NodeStore.Find(connection, nodeId) is { Operator: not null } node && (by.Has(Roles.Manager) || node.Operator == by.Name) ? node : null;

    private Sentence? End(DbConnection connection, Caller by, string nodeId, string reason, string what)
    {
        if (Theirs(connection, by, nodeId) is not { } node)
        {
            return Sentence.Of($"Node '{nodeId}' is not paired with you.");
        }

        if (RegistrationStore.Find(connection, nodeId) is null)
        {
            return Sentence.Of($"Node '{nodeId}' was not registered at a bench: it has no label, and stays as it is.");
        }

        PairingStore.End(connection, node.RowId, Now / 1000);
        EventStore.Record(connection, Now, "unpaired", node.RowId, by.Name, new { what, toUnixSeconds = Now / 1000, reason });
        AuditStore.Record(connection, Now, by.Name, what, $"{nodeId}: {reason}");
        return null;
    }
}
