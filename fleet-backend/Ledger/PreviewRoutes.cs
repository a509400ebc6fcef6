using System.Data.Common;
using DePin.Fleet.Api;
using DePin.Fleet.Approvals;
using DePin.Fleet.Crediting;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DePin.Fleet.Ledger;

/// <summary>What a new tariff or agreement would have paid last month, before anybody proposes it.</summary>
internal static class PreviewRoutes
{
    /// <summary>POST /api/preview/tariff, POST /api/preview/agreement: the contents of the changes of these kinds.</summary>
    public static void MapPreview(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/preview/tariff", Tariff).Needs(Roles.Manager).Does("previewTariff", "What a tariff would have paid last month; nothing is changed.");
        routes.MapPost("/api/preview/agreement", Agreement).Needs(Roles.Manager).Does("previewAgreement", "What an agreement would have paid last month; nothing is changed.");
    }

    /// <summary>Last month under another tariff; or what is wrong with it, and the status that says so.</summary>
    internal static (PreviewView? View, Sentence? Problem, int Status) OfTariff(DbConnection connection, TimeProvider clock, NewTariff change)
    {
        if (!Profile.ByName.TryGetValue(change.Profile, out Profile? profile))
        {
            return (null, Bounds.OneOf("profile", Profile.ByName.Keys), StatusCodes.Status400BadRequest);
        }

        if (change.AmountProblem() is { } problem)
        {
            return (null, problem, StatusCodes.Status400BadRequest);
        }

        Tariff tariff = change.ToTariff();
        return (Preview(clock, month => PreviewStore.OfProfile(connection, profile.Number, month.FromUnixSeconds, month.ToUnixSeconds), segment =>
            (tariff.ForEnergy(segment.MilliwattHours), tariff.ForService(segment.ServedSeconds), segment.Agreement)), null, StatusCodes.Status200OK);
    }

    /// <summary>Last month under another agreement; or what is wrong with it, and the status that says so.</summary>
    internal static (PreviewView? View, Sentence? Problem, int Status) OfAgreement(DbConnection connection, TimeProvider clock, NewAgreement change)
    {
        if (NodeStore.Find(connection, change.NodeId) is not { } node)
        {
            return (null, Sentence.Of($"No node '{change.NodeId}' is registered."), StatusCodes.Status404NotFound);
        }

        Agreement agreement = change.Agreement.ToAgreement();
        return agreement.Problem() is { } problem
            ? (null, problem, StatusCodes.Status400BadRequest)
            : (Preview(clock, month => PreviewStore.OfNode(connection, node.RowId, month.FromUnixSeconds, month.ToUnixSeconds), segment =>
                (segment.EnergyMicro, segment.ServiceMicro, agreement)), null, StatusCodes.Status200OK);
    }

    private static Results<Ok<PreviewView>, ProblemHttpResult> Tariff(NewTariff change, Database database, TimeProvider clock)
    {
        using DbConnection connection = database.OpenReader();
        return Answer(OfTariff(connection, clock, change));
    }

    private static Results<Ok<PreviewView>, ProblemHttpResult> Agreement(NewAgreement change, Database database, TimeProvider clock)
    {
        using DbConnection connection = database.OpenReader();
        return Answer(OfAgreement(connection, clock, change));
    }

    private static Results<Ok<PreviewView>, ProblemHttpResult> Answer((PreviewView? View, Sentence? Problem, int Status) preview) =>
        preview.View is { } view ? TypedResults.Ok(view) : TypedResults.Problem($"{preview.Problem}", statusCode: preview.Status);

    private static PreviewView Preview(TimeProvider clock, Func<Month, IReadOnlyList<PreviewSegment>> read, Func<PreviewSegment, (long Energy, long Service, Agreement Agreement)> would)
    {
        var month = new Month(Month.Of(clock.GetUtcNow().ToUnixTimeSeconds()).Number - 1);
        var was = new Dictionary<string, long>(StringComparer.Ordinal);
        var becomes = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (PreviewSegment segment in read(month))
        {
            Add(was, segment, segment.EnergyMicro, segment.ServiceMicro, segment.Agreement);
            (long energy, long service, Agreement agreement) = would(segment);
            Add(becomes, segment, energy, service, agreement);
        }

        return new PreviewView(
            month.ToString(), Transfers.Text(was.Values.Sum()), Transfers.Text(becomes.Values.Sum()),
            [.. was.Keys.Union(becomes.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(account =>
                new PreviewLine(account, Transfers.Text(was.GetValueOrDefault(account)), Transfers.Text(becomes.GetValueOrDefault(account))))]);
    }

    private static void Add(Dictionary<string, long> sums, PreviewSegment segment, long energy, long service, Agreement agreement)
    {
        foreach (Leg leg in Leg.Of(energy, segment.Operator, segment.CapitalBuilder, agreement).Concat(Leg.Of(service, segment.Operator, segment.CapitalBuilder, agreement)))
        {
            sums[leg.Account] = checked(sums.GetValueOrDefault(leg.Account) + leg.Micro);
        }
    }
}

/// <summary>Last month as it was credited and as it would have been; availability, loans and payouts aside. Micro-credits as text.</summary>
public sealed record PreviewView(string Month, string WasMicro, string WouldBeMicro, IReadOnlyList<PreviewLine> Accounts);

/// <summary>One account in it.</summary>
public sealed record PreviewLine(string Account, string WasMicro, string WouldBeMicro);
