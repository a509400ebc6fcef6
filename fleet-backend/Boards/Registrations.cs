using System.Data.Common;
using System.Text.Json;
using DePin.Contracts.Identity;
using DePin.Fleet.Approvals;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Boards;

/// <summary>
/// Boards become nodes here, one by one and only for a recorded purchase. What does not fit is refused by name, and kept as a flag: beyond
/// the run, above the ceiling, a key or a board seen before. A registered node may log in; it earns from its pairing on.
/// </summary>
internal sealed class Registrations(NodeRegistry registry, NodeDirectory directory, StoreWriter writer, TimeProvider clock)
{
    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Records a purchase.</summary>
    public Task<(RunRow? Run, Refused? Refused)> RecordRunAsync(RunRequest request, Caller by) => writer.RunAsync<(RunRow?, Refused?)>(connection =>
    {
        var run = new RunRow
        {
            Name = request.Name,
            Profile = Profile.ByName[request.Profile].Number,
            Bought = request.Bought,
            UnitPriceUsdCents = request.UnitPriceUsdCents,
            Payer = request.Payer,
            Invoice = request.Invoice,
            By = by.Name,
            MadeUnixMilliseconds = Now,
        };
        if (PriceProblem(run) is { } price)
        {
            return (null, Flagged(connection, by, price, request.Name, ""));
        }

        if (!RunStore.Insert(connection, run))
        {
            return RunStore.Find(connection, request.Name) is { } stored && stored with { Id = 0, Registered = 0, By = run.By, MadeUnixMilliseconds = run.MadeUnixMilliseconds } == run
                ? (stored, null)
                : (null, new Refused("runExists", $"The run {request.Name} is recorded with other content; record another."));
        }

        EventStore.Record(connection, Now, "production run", null, by.Name, new { request.Name, request.Profile, request.Bought, request.UnitPriceUsdCents, request.Payer, request.Invoice });
        return (RunStore.Find(connection, request.Name), null);
    });

    /// <summary>Registers a board, or says again that it is.</summary>
    public async Task<(RegistrationView? View, Refused? Refused)> RegisterAsync(RegistrationRequest request, Caller by)
    {
        NodeRow row = registry.NewRow(request.PublicKey, request.LoginPassword, request.DownKey, request.Profile);
        (RegistrationView? view, Refused? refused, long node) = await writer.RunAsync<(RegistrationView?, Refused?, long)>(connection =>
            Problem(connection, request, row) is { } problem
                ? (null, Flagged(connection, by, problem, request.ProductionRun, request.BoardSerial), 0)
                : Register(connection, request, row, by));
        if (view?.Result == RegistrationResult.Registered)
        {
            registry.MakeKnown(row with { RowId = node }, request.DownKey);
        }

        return (view, refused);
    }

    /// <summary>Takes a node that nobody runs out of the fleet: it may not log in any more, and its board may become another node.</summary>
    public async Task<Refused?> ScrapAsync(string nodeId, string reason, Caller by)
    {
        Refused? refused = await writer.RunAsync(connection =>
        {
            if (RegistrationStore.Find(connection, nodeId) is not { } registration)
            {
                return new Refused("unknown", $"No board was registered as '{nodeId}'.");
            }

            if (registration.IsPaired)
            {
                return new Refused("paired", $"Node {nodeId} is paired: unpair it first, so that its operator knows.");
            }

            if (RegistrationStore.Scrap(connection, registration.Node, by.Name, reason, Now))
            {
                RegistrationStore.UseClaim(connection, registration.Node, Now);
                EventStore.Record(connection, Now, "scrapped", registration.Node, by.Name, new { reason });
            }

            return null;
        });
        if (refused is null)
        {
            directory.Remove(nodeId);
        }

        return refused;
    }

    private static Refused? PriceProblem(RunRow run)
    {
        Profile profile = Profile.ByNumber[(int)run.Profile];
        return run.UnitPriceUsdCents > profile.PriceCeilingUsdCents
            ? new Refused("priceAboveCeiling", $"{run.UnitPriceUsdCents} US cents for one {profile.Name} are above the profile's ceiling of {profile.PriceCeilingUsdCents}. Buy elsewhere, or have the ceiling in hardware/profiles changed by who keeps it.")
            : null;
    }

    private Refused? Problem(DbConnection connection, RegistrationRequest request, NodeRow row)
    {
        if (NodeStore.Find(connection, row.NodeId) is { } stored)
        {
            RegistrationRow? registration = RegistrationStore.Find(connection, row.NodeId);
            return registration is null || registration.BoardSerial != request.BoardSerial || !registry.IsSame(stored, row, request.DownKey)
                    ? new Refused("keySeenBefore", $"The key of this board is that of node {row.NodeId}, which is registered with other content. Two boards with one key are copies: wipe this one with 'flash --scrap' and flash it anew.")
                : registration.ScrappedUnixMilliseconds is not null ? new Refused("scrapped", $"Node {row.NodeId} was scrapped. Wipe the board with 'flash --scrap' and flash it anew.")
                : registration.IsPaired && request.Replaces is null ? new Refused("paired", $"Node {row.NodeId} is paired already; it needs no claim.")
                : null;
        }

        RegistrationRow? board = RegistrationStore.OfBoard(connection, request.BoardSerial);
        if (request.Replaces is { } former)
        {
            return board?.NodeId != NodeId.Parse(former)?.ToString()
                ? new Refused("serialSeenBefore", $"The board {request.BoardSerial} is not that of node {former}; a repair gives a new key to the same board.")
                : null;
        }

        if (board is not null)
        {
            return new Refused("serialSeenBefore", $"The board {request.BoardSerial} is registered as node {board.NodeId}. If its key is lost, 'flash --repair {board.NodeId}' gives it a new one.");
        }

        return RunStore.Find(connection, request.ProductionRun) is not { } run
                ? new Refused("runUnknown", $"No purchase is recorded as '{request.ProductionRun}'. A manager records it first.")
            : run.Profile != row.Profile ? new Refused("profileNotOfRun", $"The run {run.Name} is of {Profile.ByNumber[(int)run.Profile].Name}, not of {request.Profile}.")
            : PriceProblem(run) is { } price ? price
            : run.Registered >= run.Bought ? new Refused("runFull", $"{run.Registered} boards of the {run.Bought} that were bought as {run.Name} are registered. A board beyond them was not paid for.")
            : null;
    }

    private (RegistrationView?, Refused?, long) Register(DbConnection connection, RegistrationRequest request, NodeRow row, Caller by)
    {
        long now = Now;
        if (RegistrationStore.Find(connection, row.NodeId) is { } known)
        {
            return (View(connection, request, row, RegistrationResult.Exists, known.Node, known.Succeeds is not null, now), null, known.Node);
        }

        long? succeeds = request.Replaces is null ? null : RegistrationStore.OfBoard(connection, request.BoardSerial)!.Node;
        long run = succeeds is null ? RunStore.Find(connection, request.ProductionRun)!.Id : RegistrationStore.OfBoard(connection, request.BoardSerial)!.Run;
        long node = NodeStore.InsertNode(connection, row);
        string parts = JsonSerializer.Serialize(request.Parts ?? new Dictionary<string, string>(), JsonSerializerOptions.Web);
        RegistrationStore.Insert(connection, node, run, request, parts, JsonSerializer.Serialize(request.SelfTest, JsonSerializerOptions.Web), succeeds, by.Name, now);
        EventStore.Record(connection, now, "registered", node, by.Name, new { publicKey = request.PublicKey, row.Profile, request.ProductionRun, request.BoardSerial, request.Firmware, request.Replaces });
        if (succeeds is not null)
        {
            // Earns nothing until somebody else says that this is the same lamp.
            ChangeStore.Propose(connection, RepairChange.KindName, JsonSerializer.Serialize(new Repair(request.Replaces!, row.NodeId), JsonSerializerOptions.Web), "a new key on the same board", by.Name, now);
        }

        return (View(connection, request, row, RegistrationResult.Registered, node, succeeds is not null, now), null, node);
    }

    private static RegistrationView View(DbConnection connection, RegistrationRequest request, NodeRow row, RegistrationResult result, long node, bool isRepair, long now)
    {
        string claim = RegistrationStore.MakeClaim(connection, node, now).ToText();
        if (isRepair)
        {
            // It belongs to whom its predecessor belongs: nobody else may claim it.
            RegistrationStore.UseClaim(connection, node, now);
        }

        return new RegistrationView(row.NodeId, result, claim, RunStore.Find(connection, request.ProductionRun) is { } run ? RunView.Of(run) : new RunView(request.ProductionRun, request.Profile, 0, 0, 0, "", "", "", 0));
    }

    private Refused Flagged(DbConnection connection, Caller by, Refused refused, string run, string boardSerial)
    {
        RegistrationStore.Flag(connection, new FlagRow { AtUnixMilliseconds = Now, By = by.Name, Refusal = refused.Name, Run = run, BoardSerial = boardSerial, DetailText = refused.Sentence.Stored });
        return refused;
    }
}
