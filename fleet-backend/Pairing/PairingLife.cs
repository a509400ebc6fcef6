using DePin.Contracts.Pairing;
using DePin.Fleet.Boards;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Pairing;

/// <summary>What becomes of a pairing: moved, ended, or with its node out of the fleet. Each with who, when and why; what it does to credit is said before.</summary>
internal sealed class PairingLife(StoreWriter writer, NodeDirectory directory, TimeProvider clock)
{
    /// <summary>Days from a move to the first reading that earns again: a lamp that wanders is looked at first.</summary>
    public const int MoveDays = 7;

    private const long SecondsPerDay = 86_400;

    /// <summary>What each of these does to credit, for whoever confirms it.</summary>
    public static string Effect(string act) => act switch
    {
        "unpair" => "From this second on its readings earn nothing. What it earned stays yours and is settled as usual. Its label is void; a fresh claim is made for whoever has it next.",
        "move" => $"From this second on its readings earn nothing for {MoveDays} days, then they earn again at the new place. What it earned before stays and is settled as usual.",
        "retire" => "From this second on its readings earn nothing, and the node may not log in any more. What it earned stays and is settled as usual. A loan that is not repaid stays owed by nobody's credit.",
        _ => throw new ArgumentOutOfRangeException(nameof(act)),
    };

    /// <summary>Ends the pairing and arms a fresh claim; the claim, or what is wrong.</summary>
    public Task<(Claim? Claim, string? Problem)> UnpairAsync(Caller by, string nodeId, string reason) => writer.RunAsync<(Claim?, string?)>(connection =>
        End(connection, by, nodeId, reason, "unpaired") is { } problem ? (null, problem) : (RegistrationStore.MakeClaim(connection, NodeStore.Find(connection, nodeId)!.RowId, Now), null));

    /// <summary>Lets the node stand elsewhere; what is wrong, or null.</summary>
    public Task<string?> MoveAsync(Caller by, string nodeId, Site site, string reason) => writer.RunAsync(connection =>
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
    public async Task<string?> RetireAsync(Caller by, string nodeId, string reason)
    {
        string? problem = await writer.RunAsync(connection =>
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

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private string? End(SqliteConnection connection, Caller by, string nodeId, string reason, string what)
    {
        NodeRow? node = NodeStore.Find(connection, nodeId);
        if (node?.Operator is null || !(by.Has(Roles.Manager) || node.Operator == by.Name))
        {
            return $"Node '{nodeId}' is not paired with you.";
        }

        if (RegistrationStore.Find(connection, nodeId) is null)
        {
            return $"Node '{nodeId}' was not registered at a bench: it has no label, and stays as it is.";
        }

        PairingStore.End(connection, node.RowId, Now / 1000);
        EventStore.Record(connection, Now, "unpaired", node.RowId, by.Name, new { what, toUnixSeconds = Now / 1000, reason });
        return null;
    }
}
