using System.Data.Common;
using System.Globalization;
using System.Text;
using DePin.Fleet.Api;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Http.HttpResults;

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
            (string? secret, Sentence? problem) = RoleNames.Parse([.. (form?["role"] ?? default).OfType<string>()]) is { } roles
                ? await accounts.InviteAsync(caller, form!["name"].ToString().Trim(), roles)
                : (null, NoRole);
            return Page(context, caller, database, clock, problem?.Told() ?? PeopleWords.Of("InviteLink", form!["name"].ToString().Trim(), LinkOf(context, "join", secret!)), problem is null ? 200 : 400);
        }).Needs(Inviters);
        routes.MapPost("/people/change", async (HttpContext context, Caller caller, Database database, PeopleClock clock, Accounts accounts) =>
        {
            IFormCollection? form = await SignInRoutes.FormAsync(context);
            string name = form?["name"].ToString() ?? "";
            (string said, bool isDone) = await ChangeAsync(context, caller, accounts, name, form?["what"].ToString(), [.. (form?["role"] ?? default).OfType<string>()]);
            return Page(context, caller, database, clock, said, isDone ? 200 : 400);
        }).Needs(Roles.Administrator);
        routes.MapGet("/api/people", Ok<Page<PersonView>> (Database database, string? cursor = null, int limit = 100) =>
        {
            var paging = Paging.Of(cursor, limit);
            using DbConnection connection = database.OpenReader();
            return TypedResults.Ok(paging.Of(PersonStore.Page(connection, paging.Text, paging.Rows), person => person.Name, PersonView.Of));
        }).Needs(Roles.Administrator | Roles.Auditor).Does("listPeople", "Accounts of people, by name.");
        routes.MapPost("/api/people/invitations", async Task<Results<Ok<LinkView>, ProblemHttpResult>> (HttpContext context, InvitationRequest request, Caller caller, Accounts accounts) =>
        {
            (string? secret, Sentence? problem) = RoleNames.Parse(request.Roles) is { } roles ? await accounts.InviteAsync(caller, request.Name, roles) : (null, RolesRule);
            return problem is null ? TypedResults.Ok(new LinkView(LinkOf(context, "join", secret!))) : TypedResults.Problem($"{problem} Nobody was invited.", statusCode: 400);
        }).Needs(Inviters).Does("invitePerson", "Makes a link by which somebody joins; it works once, within 7 days.");
        routes.MapPost("/api/people/{name}/roles", async (string name, RolesRequest request, Caller caller, Accounts accounts) =>
            Answer(RoleNames.Parse(request.Roles) is { } roles ? await accounts.SetRolesAsync(caller, name, roles) : RolesRule)).Needs(Roles.Administrator).Does("setRoles", "Gives somebody these roles and no others; their sessions end.");
        routes.MapPost("/api/people/{name}/reset", async Task<Results<Ok<LinkView>, ProblemHttpResult>> (HttpContext context, string name, Caller caller, Accounts accounts) =>
        {
            (string? secret, Sentence? problem) = await accounts.ResetAsync(caller, name);
            return problem is null ? TypedResults.Ok(new LinkView(LinkOf(context, "reset", secret!))) : TypedResults.Problem($"{problem}", statusCode: 404);
        }).Needs(Roles.Administrator).Does("resetPerson", "Makes a link by which somebody comes back; password, passkeys, tokens and sessions end.");
        routes.MapPost("/api/people/{name}/close", async (string name, Caller caller, Accounts accounts) => Answer(await accounts.CloseAsync(caller, name))).Needs(Roles.Administrator).Does("closePerson", "Closes an account for good.");
        routes.MapGet("/api/audit", Ok<Page<AuditRow>> (Database database, string? cursor = null, int limit = 100) =>
        {
            var paging = Paging.Of(cursor, limit);
            using DbConnection connection = database.OpenReader();
            return TypedResults.Ok(paging.Of(AuditStore.Page(connection, paging.Before, paging.Rows), row => row.N));
        }).Needs(Roles.Administrator | Roles.Auditor).Does("listAudit", "What people did with accounts, the newest first.");
    }

    private static readonly string AllRoles = string.Join(", ", RoleNames.All.Select(RoleNames.Of));

    private static readonly Sentence NoRole = Sentence.Of($"Choose one role at least.");

    private static Sentence RolesRule => Sentence.Of($"roles must be one or more of {AllRoles}, each once.");

    private static Results<NoContent, ProblemHttpResult> Answer(Sentence? problem) => problem is null ? TypedResults.NoContent() : TypedResults.Problem($"{problem} Nothing was changed.", statusCode: 409);

    private static string LinkOf(HttpContext context, string page, string secret) => $"{context.Request.Scheme}://{context.Request.Host}/{page}/{secret}";

    private static async Task<(string Said, bool IsDone)> ChangeAsync(HttpContext context, Caller caller, Accounts accounts, string name, string? what, string[] roles)
    {
        if (what == "reset")
        {
            (string? secret, Sentence? wrong) = await accounts.ResetAsync(caller, name);
            return wrong is null ? (PeopleWords.Of("ResetLink", name, LinkOf(context, "reset", secret!)), true) : (wrong.Told(), false);
        }

        Sentence? problem = what switch
        {
            "close" => await accounts.CloseAsync(caller, name),
            "roles" => RoleNames.Parse(roles) is { } given ? await accounts.SetRolesAsync(caller, name, given) : NoRole,
            _ => Sentence.Of($"Choose what to do."),
        };
        return (problem?.Told() ?? PeopleWords.Of("Done"), problem is null);
    }

    private static IResult Page(HttpContext context, Caller caller, Database database, PeopleClock clock, string? said, int status = StatusCodes.Status200OK)
    {
        using DbConnection connection = database.OpenReader();
        string token = PageShell.FormToken(context);
        var page = new StringBuilder();
        page.Append(said is null ? "" : $"<p class=\"panel link\" role=\"status\">{PageShell.Encode(said)}</p>");
        page.Append($"<h2>{W("Accounts")}</h2><div class=\"panel\" tabindex=\"0\" role=\"region\" aria-label=\"{W("Accounts")}\"><table><tr><th>{W("Name")}</th><th>{W("Roles")}</th><th class=\"roomy\">{W("Since")}</th><th>{W("State")}</th></tr>");
        long now = clock.UnixMilliseconds;
        foreach (Person person in PersonStore.Page(connection, "", MaxPage))
        {
            string state = person.ClosedMs is not null ? W("Closed") : person.LockedUntilMs > now ? W("Locked") : person.PasswordHash is null ? W("WaitsForLink") : W("Open");
            page.Append($"<tr><td>{PageShell.Encode(person.Name)}</td><td>{PageShell.Encode(PeopleWords.Of(person.Roles))}</td><td class=\"roomy\">{Day(person.MadeMs)}</td><td>{state}</td></tr>");
        }

        page.Append("</table></div>");
        IReadOnlyList<LinkRow> links = LinkStore.Open(connection, now);
        if (links.Count > 0)
        {
            page.Append($"<h2>{W("Links")}</h2><div class=\"panel\" tabindex=\"0\" role=\"region\" aria-label=\"{W("Links")}\"><table><tr><th>{W("For")}</th><th>{W("What")}</th><th>{W("By")}</th><th>{W("UpTo")}</th></tr>");
            foreach (LinkRow link in links)
            {
                page.Append($"<tr><td>{PageShell.Encode(link.Name ?? PeopleWords.Of("Whoever"))}</td><td>{W($"Link.{link.Kind}")}</td><td>{PageShell.Encode(link.By)}</td><td>{Day(link.ExpiresUnixMilliseconds)}</td></tr>");
            }

            page.Append("</table></div>");
        }

        page.Append($"<h2>{W("Invite")}</h2><form class=\"panel decide\" method=\"post\" action=\"/people/invite\">{token}");
        page.Append($"<label>{W("Name")} <input name=\"name\" required maxlength=\"64\" pattern=\"[a-z0-9.\\-]+\" title=\"{W("NameRule")}\" autocapitalize=\"none\"></label>");
        page.Append($"{RoleBoxes()}<button>{W("MakeLink")}</button></form>");
        if (caller.Has(Roles.Administrator))
        {
            page.Append($"<h2>{W("ChangeTitle")}</h2><form class=\"panel decide\" method=\"post\" action=\"/people/change\">{token}<label>{W("Name")} <input name=\"name\" required maxlength=\"64\" autocapitalize=\"none\"></label>");
            page.Append($"<fieldset><legend>{W("What")}</legend><label><input type=\"radio\" name=\"what\" value=\"reset\" required> {W("LetBackIn")}</label>");
            page.Append($"<label><input type=\"radio\" name=\"what\" value=\"roles\"> {W("TheseRoles")}</label><label><input type=\"radio\" name=\"what\" value=\"close\"> {W("CloseAccount")}</label></fieldset>");
            page.Append($"{RoleBoxes()}<button>{W("DoIt")}</button></form>");
        }

        return PageShell.Of(context, PeopleWords.Of("People"), page.ToString(), status);
    }

    private static string W(string name, params object?[] values) => PeopleWords.Html(name, values);

    private static string RoleBoxes() =>
        $"<fieldset><legend>{W("Roles")}</legend>" + string.Concat(RoleNames.All.Select(role => $"<label><input type=\"checkbox\" name=\"role\" value=\"{RoleNames.Of(role)}\"> {W($"Role.{RoleNames.Of(role)}")}</label>")) + "</fieldset>";

    private static string Day(long unixMilliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
}

/// <summary>A link to give to somebody.</summary>
internal sealed record LinkView(string Link);

/// <summary>Somebody to invite.</summary>
internal sealed record InvitationRequest(string Name, string[] Roles);

/// <summary>Roles to give, in place of those there were.</summary>
internal sealed record RolesRequest(string[] Roles);

/// <summary>A person as administrators see them.</summary>
internal sealed record PersonView(string Name, IReadOnlyList<string> Roles, long MadeUnixMilliseconds, long? LockedUntilUnixMilliseconds, long? ClosedUnixMilliseconds)
{
    public static PersonView Of(Person person) => new(person.Name, RoleNames.List(person.Roles), person.MadeMs, person.LockedUntilMs, person.ClosedMs);
}
