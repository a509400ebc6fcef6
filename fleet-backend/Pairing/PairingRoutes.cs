using System.Globalization;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using Microsoft.AspNetCore.Antiforgery;

namespace DePin.Fleet.Pairing;

/// <summary>
/// The page that a label's QR code opens. Until a claim is proven valid everybody sees the same page: it never tells a known node from an
/// unknown one. It works without script; with it the phone finds its position, the state moves by itself, and claims are kept while there is no network.
/// </summary>
internal static class PairingRoutes
{
    private const Roles Pairers = Roles.Operator | Roles.Manager;
    private const int MaxInvitation = 100;

    /// <summary>GET and POST /p/{node}/{claim}, GET /p/{node}/{claim}/state, POST /p/{node}/{claim}/anew, GET /pair, /pair/session and /pair-worker.js.</summary>
    public static void MapPairing(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/p/{node}/{claim}", ShowAsync).ForEveryone();
        routes.MapPost("/p/{node}/{claim}", BeginAsync).Needs(Pairers);
        routes.MapGet("/p/{node}/{claim}/state", StateAsync).Needs(Pairers);
        routes.MapPost("/p/{node}/{claim}/anew", async (string node, string claim, Caller caller, PairingDesk desk) =>
        {
            // Where nothing is asked any more, the label's page says how it stands.
            await desk.AskAnewAsync(caller, node, claim);
            return SeeOther(Path(node, claim));
        }).Needs(Pairers);
        routes.MapGet("/pair", (HttpContext context) => Pages.Of<ScanPage>(context, new object())).ForEveryone();
        routes.MapGet("/pair/session", (HttpContext context) =>
        {
            PageShell.Guard(context);
            return Caller.Of(context.User) is { } caller && caller.Has(Pairers) && Caller.TokenOf(context.User) is null
                ? Results.Ok(new { name = caller.Name, token = TokenFor(context).RequestToken })
                : Results.Ok(new { name = "", token = "" });
        }).ForEveryone();
        routes.MapGet("/pair-worker.js", (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = "no-cache";
            return Results.Text(Worker.Value, "text/javascript; charset=utf-8");
        }).ForEveryone();
    }

    // The worker's text names what it keeps by content, so that a browser takes a new one as soon as any of it changed.
    private static readonly Lazy<string> Worker = new(() =>
    {
        using var reader = new StreamReader(typeof(PairingRoutes).Assembly.GetManifestResourceStream("pairing/pair-worker.js") ?? throw new InvalidDataException("pair-worker.js is not in this build."));
        string kept = string.Join(", ", ((string[])["style.css", "favicon.svg", "pair.js", "site.js"]).Select(name => $"'{PageAssets.Url(name)}'"));
        return reader.ReadToEnd().Replace("/* assets */", kept, StringComparison.Ordinal);
    });

    private static async Task<IResult> ShowAsync(HttpContext context, string node, string claim, PairingDesk desk, NodePresence presence, TimeProvider clock)
    {
        string path = Path(node, claim);
        if (context.Request.Query.ContainsKey("sign-in"))
        {
            return Results.Redirect($"/sign-in?back={Uri.EscapeDataString(path)}");
        }

        if (context.Request.Query["invitation"].ToString() is { Length: > 0 } invitation)
        {
            // People paste the whole link as often as its end.
            string secret = invitation.Trim().TrimEnd('/').Split('/')[^1].Split('?')[0];
            return Results.Redirect($"/join/{Uri.EscapeDataString(secret.Length <= MaxInvitation ? secret : "x")}?back={Uri.EscapeDataString(path)}");
        }

        Caller? caller = Caller.Of(context.User);
        return caller is not null && await desk.LookAsync(caller, node) is { } attempt && desk.IsOf(attempt, claim)
            ? Going(context, attempt, path, presence, clock)
            : Ask(context, caller, null, StatusCodes.Status200OK);
    }

    private static async Task<IResult> StateAsync(HttpContext context, string node, string claim, Caller caller, PairingDesk desk, NodePresence presence, TimeProvider clock) =>
        await desk.LookAsync(caller, node) is { } attempt && desk.IsOf(attempt, claim)
            ? Pages.Of<StatePart>(context, StateView.Of(attempt, presence, clock.GetUtcNow().ToUnixTimeMilliseconds()))
            : Results.NotFound();

    private static async Task<IResult> BeginAsync(HttpContext context, string node, string claim, Caller caller, PairingDesk desk, ClaimRates rates, Accounts accounts)
    {
        IFormCollection? form = await SignInRoutes.FormAsync(context);
        string address = TokenRates.AddressOf(context);
        if (!rates.MayTry(caller.Name, address))
        {
            return Ask(context, caller, PairWords.Of("Refused.TooMany"), StatusCodes.Status429TooManyRequests, form);
        }

        var site = new Site(form?["place"].ToString().Trim() ?? "", Number(form?["latitude"].ToString()), Number(form?["longitude"].ToString()));
        if (site.Problem() is { } problem)
        {
            return Ask(context, caller, problem.Told(), StatusCodes.Status400BadRequest, form);
        }

        Begun begun = await desk.BeginAsync(caller, node, claim, site);
        if (begun.Attempt is not null)
        {
            return SeeOther(Path(node, claim));
        }

        if (begun.State is { } state)
        {
            return Pages.Of<GoingPage>(
                context, new GoingView(PairWords.Of("Title"), new StateView(state), null, "", "", null), state == PairState.Yours ? StatusCodes.Status200OK : StatusCodes.Status409Conflict);
        }

        bool isLast = rates.CountWrong(caller.Name, address);
        await accounts.AuditAsync(caller.Name, isLast ? "showed too many wrong claims" : "showed a wrong claim", node.Length <= 32 ? node : node[..32]);
        return Ask(context, caller, PairWords.Of("Refused.NotProven"), StatusCodes.Status409Conflict, form);
    }

    private static IResult Ask(HttpContext context, Caller? caller, string? said, int status, IFormCollection? form = null)
    {
        bool mayPair = caller?.Has(Pairers) == true;
        return Pages.Of<LabelPage>(
            context,
            new LabelView(caller is not null, mayPair, mayPair ? TokenFor(context) : null, said, form?["place"].ToString() ?? "", form?["latitude"].ToString() ?? "", form?["longitude"].ToString() ?? ""),
            status);
    }

    private static IResult Going(HttpContext context, Attempt attempt, string path, NodePresence presence, TimeProvider clock) => Pages.Of<GoingPage>(
        context,
        new GoingView(
            PairWords.Of("Title"), StateView.Of(attempt, presence, clock.GetUtcNow().ToUnixTimeMilliseconds()), GoingView.FactsOf(attempt), path + "/state", path + "/anew", TokenFor(context)));

    private static IResult SeeOther(string path) => new SeeOtherResult(path);

    private static AntiforgeryTokenSet TokenFor(HttpContext context) => context.RequestServices.GetRequiredService<IAntiforgery>().GetAndStoreTokens(context);

    private static string Path(string node, string claim) => $"/p/{Uri.EscapeDataString(node)}/{Uri.EscapeDataString(claim)}";

    private static double Number(string? text) => double.TryParse(text?.Replace(',', '.'), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) ? number : double.NaN;

    // After a form: the browser loads the page of how it goes, which may be loaded again without sending anything again.
    private sealed class SeeOtherResult(string path) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
            httpContext.Response.Headers.Location = path;
            return Task.CompletedTask;
        }
    }
}
