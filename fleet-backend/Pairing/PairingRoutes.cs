using System.Globalization;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;

namespace DePin.Fleet.Pairing;

/// <summary>
/// The page that a label's QR code opens. Until a claim is proven valid everybody sees the same page: it never tells a known node from an
/// unknown one. It works without script; with it the phone finds its position and the state moves by itself.
/// </summary>
internal static class PairingRoutes
{
    private const string NotPaired = "With this label no node can be paired now: it may be another node's, an older one, used already, or mistyped. Scan it again; if it stays so, its technician makes a new one.";
    private const string TooMany = "Too many labels that did not fit came from this address. Wait ten minutes.";

    /// <summary>GET and POST /p/{node}/{claim}, GET /p/{node}/{claim}/state, GET /pair.js.</summary>
    public static void MapPairing(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/p/{node}/{claim}", (HttpContext context, string node, string claim, PairingDesk desk) => ShowAsync(context, node, claim, desk)).ForEveryone();
        routes.MapPost("/p/{node}/{claim}", BeginAsync).Needs(Roles.Operator | Roles.Manager);
        routes.MapGet("/p/{node}/{claim}/state", async (HttpContext context, string node, string claim, Caller caller, PairingDesk desk) =>
        {
            PageShell.Guard(context);
            return await desk.LookAsync(caller, node) is { } attempt && desk.IsOf(attempt, claim)
                ? Results.Text(State(attempt), "text/html; charset=utf-8")
                : Results.Text("<p data-end>Nobody pairs this node here any more. Load the page again.</p>", "text/html; charset=utf-8", statusCode: 404);
        }).Needs(Roles.Operator | Roles.Manager);
        routes.MapGet("/pair.js", () => Results.Stream(typeof(PairingRoutes).Assembly.GetManifestResourceStream("pairing/pair.js")!, "text/javascript; charset=utf-8")).ForEveryone();
    }

    private static async Task<IResult> ShowAsync(HttpContext context, string node, string claim, PairingDesk desk)
    {
        Caller? caller = Caller.Of(context.User);
        return caller is not null && await desk.LookAsync(caller, node) is { } attempt && desk.IsOf(attempt, claim)
            ? Going(context, attempt, node, claim)
            : Ask(context, caller, node, claim, null, StatusCodes.Status200OK);
    }

    private static async Task<IResult> BeginAsync(HttpContext context, string node, string claim, Caller caller, PairingDesk desk, ClaimRates rates, Accounts accounts)
    {
        IFormCollection? form = await SignInRoutes.FormAsync(context);
        string address = TokenRates.AddressOf(context);
        if (!rates.MayTry(address))
        {
            return Ask(context, caller, node, claim, TooMany, StatusCodes.Status429TooManyRequests);
        }

        var site = new Site(form?["place"].ToString().Trim() ?? "", Number(form?["latitude"].ToString()), Number(form?["longitude"].ToString()));
        if (site.Problem() is { } problem)
        {
            return Ask(context, caller, node, claim, problem, StatusCodes.Status400BadRequest);
        }

        if (await desk.BeginAsync(caller, node, claim, site) is { } attempt)
        {
            return Going(context, attempt, node, claim);
        }

        bool isLast = rates.CountWrong(address);
        await accounts.AuditAsync(caller.Name, isLast ? "showed too many wrong claims" : "showed a wrong claim", node.Length <= 32 ? node : node[..32]);
        return Ask(context, caller, node, claim, NotPaired, StatusCodes.Status409Conflict);
    }

    private static IResult Ask(HttpContext context, Caller? caller, string node, string claim, string? said, int status)
    {
        string path = Path(node, claim);
        string body = caller is null
            ? $"<p>This label pairs a solar lamp or AirNode with who keeps it running.</p><p><a class=\"button\" href=\"/sign-in?back={Uri.EscapeDataString(path)}\">Sign in to pair it</a></p><p class=\"quiet\">No account? A manager of your region invites you.</p>"
            : !caller.Has(Roles.Operator | Roles.Manager)
                ? "<p>Operators pair nodes; your account has another role.</p><p><a href=\"/account\">Your account</a></p>"
                : $"<form class=\"panel decide\" method=\"post\" action=\"{PageShell.Encode(path)}\">{PageShell.FormToken(context)}"
                    + "<label>Name of the site <input name=\"place\" required maxlength=\"64\" autocomplete=\"off\"></label>"
                    + "<label>Degrees north <input name=\"latitude\" required inputmode=\"decimal\" maxlength=\"12\"></label><label>Degrees east <input name=\"longitude\" required inputmode=\"decimal\" maxlength=\"12\"></label>"
                    + "<button type=\"button\" id=\"find\" hidden>Find the position</button><button>Pair it</button><p class=\"quiet\" id=\"said\" role=\"status\">Stand beside the node: its light will blink, and you will press its button.</p></form>";
        return PageShell.Of(context, "Pair a node", (said is null ? "" : $"<p class=\"panel\" role=\"alert\">{PageShell.Encode(said)}</p>") + body, status, "/pair.js");
    }

    private static IResult Going(HttpContext context, Attempt attempt, string node, string claim)
    {
        Profile profile = Profile.ByNumber[(int)attempt.Claimable.Profile];
        string body =
            $"<dl class=\"panel\"><dt>Node</dt><dd><code>{attempt.Node.Id.ToReadable()}</code></dd><dt>What it is</dt><dd>{PageShell.Encode(profile.Title)}</dd>"
            + $"<dt>Rated power</dt><dd>{profile.PanelMilliwatts / 1000.0:0.#} W panel, {profile.OutputMilliwatts / 1000.0:0.#} W output</dd>"
            + $"<dt>Price ceiling</dt><dd>{profile.PriceCeilingUsdCents / 100.0:0.00} USD</dd><dt>Paid for by</dt><dd>{PageShell.Encode(attempt.Claimable.Payer)} ({PageShell.Encode(attempt.Claimable.Run)})</dd>"
            + $"<dt>Where</dt><dd>{PageShell.Encode(attempt.Site.Place)}, {attempt.Site.Latitude.ToString("0.00", CultureInfo.InvariantCulture)} {attempt.Site.Longitude.ToString("0.00", CultureInfo.InvariantCulture)}</dd></dl>"
            + $"<div class=\"panel state\" id=\"going\" role=\"status\" data-path=\"{PageShell.Encode(Path(node, claim))}/state\">{State(attempt)}</div>"
            + "<noscript><p>Load this page again to see how it goes.</p></noscript>";
        return PageShell.Of(context, "Pair a node", body, StatusCodes.Status200OK, "/pair.js");
    }

    // Each state has its next step.
    private static string State(Attempt attempt) => attempt.State switch
    {
        AttemptState.Waiting => "<p><b>Waiting for the node.</b> It is not connected. Press its button once to wake it; keep this page open.</p>",
        AttemptState.Challenged => $"<p><b>Press the button {attempt.Presses} times now.</b> The light flickers while it waits. Then wait two seconds.</p>",
        AttemptState.Paired => "<p data-end><b>Paired.</b> The light stays on for ten seconds. What it measures from now on earns for you. <a href=\"/account\">Your account</a></p>",
        AttemptState.Crossed => "<p data-end><b>Somebody else pairs this node at this moment.</b> Neither of you gets it. Agree who does, and begin again in half a minute.</p>",
        _ => "<p data-end><b>This label was used or replaced meanwhile.</b> Ask the technician for a new one.</p>",
    };

    private static string Path(string node, string claim) => $"/p/{Uri.EscapeDataString(node)}/{Uri.EscapeDataString(claim)}";

    private static double Number(string? text) => double.TryParse(text?.Replace(',', '.'), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) ? number : double.NaN;
}
