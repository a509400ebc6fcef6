using DePin.Contracts.Identity;
using DePin.Contracts.Pairing;
using DePin.Fleet.People;

namespace DePin.Fleet.Pairing;

/// <summary>Ending and moving pairings. Asked without 'confirm' each says what it would do to credit and changes nothing.</summary>
internal static class LifeRoutes
{
    private const int MaxReason = 500;
    private const Roles Deciders = Roles.Manager | Roles.Operator;

    /// <summary>POST /api/nodes/{id}/unpair, /move, /retire.</summary>
    public static void MapPairingLife(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/nodes/{id}/unpair", async (string id, EndRequest request, Caller caller, PairingLife life) =>
        {
            if (Preview("unpair", request.Reason, request.Confirm) is { } preview)
            {
                return preview;
            }

            (Claim? claim, string? problem) = await life.UnpairAsync(caller, IdOf(id), request.Reason);
            return problem is null ? Results.Ok(new { claim = claim!.ToText() }) : Refused(problem);
        }).Needs(Deciders);
        routes.MapPost("/api/nodes/{id}/move", async (string id, MoveRequest request, Caller caller, PairingLife life) =>
        {
            var site = new Site(request.Place, request.Latitude, request.Longitude);
            return site.Problem() is { } wrong ? Results.Problem($"{wrong} Nothing was changed.", statusCode: 400)
                : Preview("move", request.Reason, request.Confirm) is { } preview ? preview
                : await life.MoveAsync(caller, IdOf(id), site, request.Reason) is { } problem ? Refused(problem)
                : Results.NoContent();
        }).Needs(Deciders);
        routes.MapPost("/api/nodes/{id}/retire", async (string id, EndRequest request, Caller caller, PairingLife life) =>
            Preview("retire", request.Reason, request.Confirm) is { } preview ? preview
            : await life.RetireAsync(caller, IdOf(id), request.Reason) is { } problem ? Refused(problem)
            : Results.NoContent()).Needs(Roles.Manager);
    }

    private static IResult? Preview(string act, string reason, bool isConfirmed) =>
        reason.Length is 0 or > MaxReason || reason.Any(char.IsControl) ? Results.Problem($"reason must have 1 to {MaxReason} printable characters. Nothing was changed.", statusCode: 400)
        : isConfirmed ? null
        : Results.Ok(new { effect = PairingLife.Effect(act), isDone = false });

    private static IResult Refused(string problem) => Results.Problem($"{problem} Nothing was changed.", statusCode: 409);

    private static string IdOf(string text) => NodeId.Parse(text)?.ToString() ?? text;
}

/// <summary>Why a pairing ends; without confirm the answer says what it would do.</summary>
internal sealed record EndRequest(string Reason, bool Confirm = false);

/// <summary>Where a node shall stand and why; without confirm the answer says what it would do.</summary>
internal sealed record MoveRequest(string Place, double Latitude, double Longitude, string Reason, bool Confirm = false);
