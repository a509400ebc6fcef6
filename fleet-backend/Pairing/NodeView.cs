using System.Data.Common;
using System.Globalization;
using System.Text.Json.Nodes;
using DePin.Contracts.Identity;
using DePin.Fleet.Approvals;
using DePin.Fleet.Crediting;
using DePin.Fleet.Ledger;
using DePin.Fleet.Nodes;
using DePin.Fleet.Overview;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Antiforgery;

namespace DePin.Fleet.Pairing;

/// <summary>A line of a node's life: when, what, who and why.</summary>
public sealed record LifeLine(string When, string What, string Who, string Why)
{
    /// <summary>An event in words.</summary>
    internal static LifeLine Of(EventRow row)
    {
        JsonObject content = JsonNode.Parse(row.Content)!.AsObject();
        string Text(string name) => content[name]?.ToString() ?? "";
        string what = row.Kind switch
        {
            "pairing" when content["former"] is not null => PairWords.Of("Event.Succeeds", Text("operator"), Text("former")),
            "pairing" => PairWords.Of("Event.Paired", Text("operator"), Day(content["fromUnixSeconds"])),
            "unpaired" when content["successor"] is not null => PairWords.Of("Event.Succeeded", Text("successor")),
            "unpaired" when Text("what") == "handover" => PairWords.Of("Event.Handover", Text("to"), Day(content["toUnixSeconds"])),
            "unpaired" => PairWords.Of("Event.Ended", Text("what")),
            "registered" => PairWords.Of("Event.Registered"),
            "suspension" => PairWords.Of("Event.Suspended", Text("reason")),
            "agreement" => PairWords.Of("Event.Agreement", Day(content["fromUnixSeconds"])),
            _ => row.Kind,
        };
        string why = row.Kind == "pairing" && content["presses"] is { } presses ? PairWords.Of("Event.Presence", presses)
            : row.Kind == "suspension" ? Text("evidence") : row.Kind == "unpaired" && content["successor"] is not null ? "" : Text("reason");
        return new LifeLine(Instant(row.AtUnixMilliseconds), what, row.By, why);
    }

    /// <summary>A moment as people read it.</summary>
    internal static string Instant(long unixMilliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary>A day as people read it; 0 is the beginning.</summary>
    internal static string Day(JsonNode? unixSeconds) => unixSeconds?.GetValueKind() == System.Text.Json.JsonValueKind.Number && (long)unixSeconds > 0 ? Day((long)unixSeconds) : PairWords.Of("Event.Beginning");

    /// <summary>A day as people read it.</summary>
    internal static string Day(long unixSeconds) => DateTimeOffset.FromUnixTimeSeconds(unixSeconds).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}

/// <summary>A change that waits for a second person.</summary>
public sealed record WaitingChange(long Id, string What, string Who, string Why, bool MayApprove, string Effect);

/// <summary>Who had a node, from when to when.</summary>
public sealed record PairingSpan(string Operator, string CapitalBuilder, string Place, string Position, string From, string To);

/// <summary>A node, as those see it whose it is, and who watches the fleet.</summary>
/// <param name="NodeId">Its id.</param>
/// <param name="Name">Its id as people read it.</param>
/// <param name="Said">What became of an act, or null.</param>
/// <param name="Notice">What those whose it is must know first, or null.</param>
/// <param name="Facts">What it is.</param>
/// <param name="Spans">Its pairings, newest first.</param>
/// <param name="Life">What happened to it, newest first.</param>
/// <param name="Waiting">Changes of it that wait.</param>
/// <param name="Acts">What whoever looks may do.</param>
/// <param name="Token">Proves forms to be this page's.</param>
/// <param name="History">What it did.</param>
public sealed record NodeView(
    string NodeId, string Name, string? Said, string? Notice, IReadOnlyList<(string Name, string Value)> Facts, IReadOnlyList<PairingSpan> Spans, IReadOnlyList<LifeLine> Life,
    IReadOnlyList<WaitingChange> Waiting, IReadOnlyList<LifeAct> Acts, AntiforgeryTokenSet? Token, NodeHistoryView History)
{
    private const int MostLines = 1000, MostWaiting = 20;
    private const long LookedBackMs = 30L * 86_400_000;

    /// <summary>Reads it all; null where there is no such node, or it is none of the caller's.</summary>
    internal static NodeView? Read(DbConnection connection, string id, Caller caller, NodePresence presence, long nowUnixMilliseconds, string? said, AntiforgeryTokenSet? token)
    {
        if (Contracts.Identity.NodeId.Parse(id) is not { } nodeId || NodeStore.Find(connection, nodeId.ToString()) is not { } node)
        {
            return null;
        }

        long now = nowUnixMilliseconds / 1000;
        IReadOnlyList<PairingRow> pairings = PairingStore.All(connection, node.RowId);
        PairingRow? present = pairings.LastOrDefault(row => row.FromUnix <= now && (row.ToUnix is null || row.ToUnix > now));
        if (!caller.MaySeeNodeOf(node.Operator, node.CapitalBuilder) && !caller.MaySeeNodeOf(present?.Operator, present?.CapitalBuilder))
        {
            return null;
        }

        BuiltRow? built = PairingStore.Built(connection, node.RowId);
        bool isTheirs = node.Operator is not null && (caller.Has(Roles.Manager) || (caller.Has(Roles.Operator) && node.Operator == caller.Name));
        LifeAct[] acts = [.. Enum.GetValues<LifeAct>().Where(act => caller.Has(PairingLife.MayAsk(act)) && IsPossible(act, node, built, isTheirs))];
        string? notice = node.FromUnix > now
            ? present is not null && present.Operator != node.Operator ? PairWords.Of("Node.HandedOver", node.Operator, LifeLine.Day(node.FromUnix.Value)) : PairWords.Of("Node.EarnsFrom", LifeLine.Day(node.FromUnix.Value))
            : null;
        return new NodeView(
            node.NodeId,
            nodeId.ToReadable(),
            said,
            notice,
            FactsOf(connection, node, built, present, presence, nowUnixMilliseconds),
            [.. pairings.Reverse().Select(row => new PairingSpan(row.Operator, row.CapitalBuilder, SeesPlace(caller, row.Operator) ? row.Place : "", SeesPlace(caller, row.Operator) ? Position(row.Latitude, row.Longitude, 4) : Position(row.Latitude, row.Longitude, 1), LifeLine.Day(row.FromUnix), row.ToUnix is { } to ? LifeLine.Day(to) : ""))],
            [.. EventStore.Page(connection, 0, node.NodeId, MostLines).Reverse().Select(LifeLine.Of)],
            [.. ChangeStore.Waiting(connection, node.NodeId, MostWaiting).Select(change => WaitingOf(connection, node, change, caller, nowUnixMilliseconds))],
            acts,
            token,
            NodeHistoryView.Read(connection, node, caller, nowUnixMilliseconds));
    }

    private static bool IsPossible(LifeAct act, NodeRow node, BuiltRow? built, bool isTheirs) => act switch
    {
        LifeAct.Found => node.SuspendedReason == PairingLife.StolenReason,
        LifeAct.Stolen => isTheirs && node.SuspendedReason is null,
        _ => isTheirs && built is not null,
    };

    private static WaitingChange WaitingOf(DbConnection connection, NodeRow node, ChangeRow change, Caller caller, long now)
    {
        JsonNode content = JsonNode.Parse(change.Content)!;
        bool isHandover = change.Kind == "handover";
        string what = isHandover ? PairWords.Of("Node.WaitsHandover", content["operator"], LifeLine.Day(content["fromUnixSeconds"]))
            : change.Kind == "repair" ? PairWords.Of("Node.WaitsRepair", content["former"], content["successor"])
            : change.Kind;
        string effect = isHandover ? LifeEffect.Of(connection, node, LifeAct.Handover, now) : change.Kind == "repair" ? PairWords.Of("Effect.Repair") : "";
        return new WaitingChange(change.Id, what, $"{change.ProposedBy}, {LifeLine.Instant(change.ProposedUnixMilliseconds)}", change.Reason, caller.Has(Roles.Manager) && change.ProposedBy != caller.Name, effect);
    }

    private static List<(string Name, string Value)> FactsOf(DbConnection connection, NodeRow node, BuiltRow? built, PairingRow? present, NodePresence presence, long now)
    {
        Profile profile = Profile.ByNumber[(int)node.Profile];
        NodeStanding? standing = presence.Find(node.NodeId);
        List<(string, string)> facts =
        [
            (PairWords.Of("Node.State"), StateOf(node, built, present, now)),
            (PairWords.Of("Node.Heard"), standing is null ? PairWords.Of("Heard.Never") : standing.IsOnline ? PairWords.Of("Node.Online", LifeLine.Instant(standing.ChangedUnixMilliseconds)) : PairWords.Of("Node.Offline", LifeLine.Instant(standing.ChangedUnixMilliseconds))),
            (PairWords.Of("Fact.Profile"), profile.Title),
            (PairWords.Of("Fact.Power"), PairWords.Of("Fact.PowerIs", profile.PanelMilliwatts / 1000.0, profile.OutputMilliwatts / 1000.0)),
        ];
        if (built is not null)
        {
            facts.Add((PairWords.Of("Fact.Price"), PairWords.Of("Fact.PriceIs", built.UnitPriceUsdCents / 100.0, profile.PriceCeilingUsdCents / 100.0)));
            facts.Add((PairWords.Of("Fact.Built"), PairWords.Of("Node.BuiltBy", built.By, LifeLine.Instant(built.MadeUnixMilliseconds), built.BoardSerial)));
            facts.Add((PairWords.Of("Fact.Paid"), $"{built.Payer} ({built.Run})"));
        }

        if (AgreementStore.Find(connection, node.RowId) is { } agreement)
        {
            facts.Add((PairWords.Of("Node.Shares"), PairWords.Of("Node.SharesAre", agreement.OperatorBasisPoints / 100.0, agreement.CapitalBuilderBasisPoints / 100.0, (agreement.ManagerBasisPoints + agreement.ReserveBasisPoints) / 100.0)));
        }

        if (node.Operator is { } name)
        {
            (long earned, long pending) = NodeEarningsStore.Since(connection, node.RowId, Transfers.OperatorPrefix + name, now - LookedBackMs);
            facts.Add((PairWords.Of("Node.Earned"), PairWords.Of("Node.EarnedIs", name, Csv.Credits(earned), Csv.Credits(pending))));
        }

        return facts;
    }

    private static string StateOf(NodeRow node, BuiltRow? built, PairingRow? present, long now) =>
        built?.ScrappedUnixMilliseconds is { } scrapped ? PairWords.Of("Node.Retired", LifeLine.Instant(scrapped), built.ScrappedBy, built.ScrappedReason)
        : built?.SucceededBy is { } successor && node.Operator is null ? PairWords.Of("Node.Succeeded", successor)
        : node.SuspendedReason is { } reason ? PairWords.Of("Node.Suspended", PairWords.Suspension(reason), LifeLine.Instant(node.SuspendedFromMs ?? now))
        : present is not null ? PairWords.Of("Node.PairedWith", present.Operator, LifeLine.Day(present.FromUnix))
        : node.Operator is not null ? PairWords.Of("Node.PairedFrom", node.Operator, LifeLine.Day(node.FromUnix ?? 0))
        : PairWords.Of("Node.Spare");

    /// <summary>A place is a home: its operator, and who keeps or checks the fleet, see it; others a tenth of a degree.</summary>
    internal static bool SeesPlace(Caller caller, string? @operator) => caller.Has(Access.WholeFleet) || (caller.Has(Roles.Operator) && @operator == caller.Name);

    private static string Position(double latitude, double longitude, int digits) => $"{latitude.ToString($"F{digits}", CultureInfo.InvariantCulture)} {longitude.ToString($"F{digits}", CultureInfo.InvariantCulture)}";
}
