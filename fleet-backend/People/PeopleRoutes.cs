using System.Globalization;
using System.Text;
using DePin.Fleet.Storage;
using Microsoft.Data.Sqlite;

namespace DePin.Fleet.People;

/// <summary>Inviting people, their roles, letting them back in, closing accounts, and who did what.</summary>
internal static class PeopleRoutes
{
    private const int MaxPage = 1000;
    private const Roles Inviters = Roles.Administrator | Roles.Manager;

    /// <summary>GET /people and its forms; GET /api/people, POST /api/people/invitations, /api/people/{name}/roles, /reset, /close; GET /api/audit.</summary>
    public static void MapPeople(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/people", (HttpContext context, Caller caller, Database database, PeopleClock clock) => Page(context, caller, database, clock, null)).Needs(Inviters);
        routes.MapPost("/people/invite", async (HttpContext context, Caller caller, Database database, PeopleClock clock, Accounts accounts) =>
        {
            IFormCollection? form = await SignInRoutes.FormAsync(context);
            (string? secret, string? problem) = RoleNames.Parse([.. (form?["role"] ?? default).OfType<string>()]) is { } roles
                ? await accounts.InviteAsync(caller, form!["name"].ToString().Trim(), roles)
                : (null, "Choose one role at least.");
            return Page(context, caller, database, clock, problem ?? $"Give this link to {form!["name"].ToString().Trim()}; it works once, within 7 days: {LinkOf(context, "join", secret!)}", problem is null ? 200 : 400);
        }).Needs(Inviters);
        routes.MapPost("/people/change", async (HttpContext context, Caller caller, Database database, PeopleClock clock, Accounts accounts) =>
        {
            IFormCollection? form = await SignInRoutes.FormAsync(context);
            string name = form?["name"].ToString() ?? "";
            (string said, bool isDone) = await ChangeAsync(context, caller, accounts, name, form?["what"].ToString(), [.. (form?["role"] ?? default).OfType<string>()]);
            return Page(context, caller, database, clock, said, isDone ? 200 : 400);
        }).Needs(Roles.Administrator);
        routes.MapGet("/api/people", (Database database, string after = "", int limit = 100) =>
        {
            using SqliteConnection connection = database.OpenReader();
            return limit is < 1 or > MaxPage
                ? Results.Problem($"limit must be a number from 1 to {MaxPage}.", statusCode: 400)
                : Results.Ok(PersonStore.Page(connection, after, limit).Select(PersonView.Of).ToList());
        }).Needs(Roles.Administrator | Roles.Auditor);
        routes.MapPost("/api/people/invitations", async (HttpContext context, InvitationRequest request, Caller caller, Accounts accounts) =>
        {
            (string? secret, string? problem) = RoleNames.Parse(request.Roles) is { } roles ? await accounts.InviteAsync(caller, request.Name, roles) : (null, RolesRule);
            return problem is null ? Results.Ok(new { link = LinkOf(context, "join", secret!) }) : Results.Problem($"{problem} Nobody was invited.", statusCode: 400);
        }).Needs(Inviters);
        routes.MapPost("/api/people/{name}/roles", async (string name, RolesRequest request, Caller caller, Accounts accounts) =>
            Answer(RoleNames.Parse(request.Roles) is { } roles ? await accounts.SetRolesAsync(caller, name, roles) : RolesRule)).Needs(Roles.Administrator);
        routes.MapPost("/api/people/{name}/reset", async (HttpContext context, string name, Caller caller, Accounts accounts) =>
        {
            (string? secret, string? problem) = await accounts.ResetAsync(caller, name);
            return problem is null ? Results.Ok(new { link = LinkOf(context, "reset", secret!) }) : Results.Problem(problem, statusCode: 404);
        }).Needs(Roles.Administrator);
        routes.MapPost("/api/people/{name}/close", async (string name, Caller caller, Accounts accounts) => Answer(await accounts.CloseAsync(caller, name))).Needs(Roles.Administrator);
        routes.MapGet("/api/audit", (Database database, long before = long.MaxValue, int limit = 100) =>
        {
            using SqliteConnection connection = database.OpenReader();
            return limit is < 1 or > MaxPage ? Results.Problem($"limit must be a number from 1 to {MaxPage}.", statusCode: 400) : Results.Ok(AuditStore.Page(connection, before, limit));
        }).Needs(Roles.Administrator | Roles.Auditor);
    }

    private static string RolesRule => $"roles must be one or more of {string.Join(", ", RoleNames.All.Select(RoleNames.Of))}, each once.";

    private static IResult Answer(string? problem) => problem is null ? Results.NoContent() : Results.Problem($"{problem} Nothing was changed.", statusCode: 409);

    private static string LinkOf(HttpContext context, string page, string secret) => $"{context.Request.Scheme}://{context.Request.Host}/{page}/{secret}";

    private static async Task<(string Said, bool IsDone)> ChangeAsync(HttpContext context, Caller caller, Accounts accounts, string name, string? what, string[] roles)
    {
        if (what == "reset")
        {
            (string? secret, string? wrong) = await accounts.ResetAsync(caller, name);
            return wrong is null ? ($"Give this link to {name}; it works once, within 30 minutes: {LinkOf(context, "reset", secret!)}", true) : (wrong, false);
        }

        string? problem = what switch
        {
            "close" => await accounts.CloseAsync(caller, name),
            "roles" => RoleNames.Parse(roles) is { } given ? await accounts.SetRolesAsync(caller, name, given) : RolesRule,
            _ => "Choose what to do.",
        };
        return (problem ?? "Done.", problem is null);
    }

    private static IResult Page(HttpContext context, Caller caller, Database database, PeopleClock clock, string? said, int status = StatusCodes.Status200OK)
    {
        using SqliteConnection connection = database.OpenReader();
        string token = PageShell.FormToken(context);
        var page = new StringBuilder();
        page.Append(said is null ? "" : $"<p class=\"panel link\" role=\"status\">{PageShell.Encode(said)}</p>");
        page.Append("<p><a href=\"/account\">Your account</a> · <a href=\"/\">overview</a></p><h2>Accounts</h2><div class=\"panel\"><table><tr><th>Name</th><th>Roles</th><th class=\"roomy\">Since</th><th>State</th></tr>");
        long now = clock.UnixMilliseconds;
        foreach (Person person in PersonStore.Page(connection, "", MaxPage))
        {
            string state = person.ClosedMs is not null ? "closed" : person.LockedUntilMs > now ? "locked for some minutes" : person.PasswordHash is null ? "waits for its reset link" : "open";
            page.Append($"<tr><td>{PageShell.Encode(person.Name)}</td><td>{string.Join(", ", RoleNames.List(person.Roles))}</td><td class=\"roomy\">{Day(person.MadeMs)}</td><td>{state}</td></tr>");
        }

        page.Append("</table></div>");
        IReadOnlyList<LinkRow> links = LinkStore.Open(connection, now);
        if (links.Count > 0)
        {
            page.Append("<h2>Links that wait</h2><div class=\"panel\"><table><tr><th>For</th><th>What</th><th>By</th><th>Up to</th></tr>");
            foreach (LinkRow link in links)
            {
                page.Append($"<tr><td>{PageShell.Encode(link.Name ?? "whoever opens it")}</td><td>{link.Kind}</td><td>{PageShell.Encode(link.By)}</td><td>{Day(link.ExpiresUnixMilliseconds)}</td></tr>");
            }

            page.Append("</table></div>");
        }

        page.Append($"<h2>Invite</h2><form class=\"panel decide\" method=\"post\" action=\"/people/invite\">{token}");
        page.Append("<label>Name <input name=\"name\" required maxlength=\"64\" pattern=\"[a-z0-9.\\-]+\" title=\"a to z, 0 to 9, dot and hyphen\" autocapitalize=\"none\"></label>");
        page.Append($"{RoleBoxes()}<button>Make the link</button></form>");
        if (caller.Has(Roles.Administrator))
        {
            page.Append($"<h2>Change</h2><form class=\"panel decide\" method=\"post\" action=\"/people/change\">{token}<label>Name <input name=\"name\" required maxlength=\"64\" autocapitalize=\"none\"></label>");
            page.Append("<label>What <select name=\"what\"><option value=\"reset\">let back in: new password, all passkeys, tokens and sessions end</option><option value=\"roles\">these roles and no others</option>");
            page.Append($"<option value=\"close\">close the account</option></select></label>{RoleBoxes()}<button>Do it</button></form>");
        }

        return PageShell.Of(context, "People", page.ToString(), status);
    }

    private static string RoleBoxes() =>
        "<fieldset><legend>Roles</legend>" + string.Concat(RoleNames.All.Select(role => $"<label><input type=\"checkbox\" name=\"role\" value=\"{RoleNames.Of(role)}\"> {RoleNames.Of(role)}</label>")) + "</fieldset>";

    private static string Day(long unixMilliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
}

/// <summary>Somebody to invite.</summary>
internal sealed record InvitationRequest(string Name, string[] Roles);

/// <summary>Roles to give, in place of those there were.</summary>
internal sealed record RolesRequest(string[] Roles);

/// <summary>A person as administrators see them.</summary>
internal sealed record PersonView(string Name, IReadOnlyList<string> Roles, long MadeUnixMilliseconds, long? LockedUntilUnixMilliseconds, long? ClosedUnixMilliseconds)
{
    public static PersonView Of(Person person) => new(person.Name, RoleNames.List(person.Roles), person.MadeMs, person.LockedUntilMs, person.ClosedMs);
}
