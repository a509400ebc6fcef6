using System.Globalization;
using System.Reflection;
using System.Security.Claims;
using DePin.Fleet.Ledger;

namespace DePin.Fleet.People;

/// <summary>Who asks: a person, in a browser or by a token. Routes take it as a parameter; it is never made from what a request says of itself.</summary>
/// <param name="Id">Row of the person.</param>
/// <param name="Name">Their name.</param>
/// <param name="Roles">What they may do by this session or token.</param>
public sealed record Caller(long Id, string Name, Roles Roles)
{
    private const string TokenClaim = "depin:token", ReadOnlyClaim = "depin:read-only";
    private const string StampClaim = "AspNet.Identity.SecurityStamp";

    // Who sees every account and node.
    private const Roles SeeAll = Roles.Manager | Roles.Auditor;

    /// <summary>Whether they have one of these roles.</summary>
    public bool Has(Roles any) => (Roles & any) != Roles.None;

    /// <summary>Whether an account's money may be shown to them: managers and auditors see all, everybody their own.</summary>
    public bool MaySee(string account) =>
        Has(SeeAll)
        || (Has(Roles.Operator) && account == Transfers.OperatorPrefix + Name)
        || (Has(Roles.CapitalBuilder) && account == Transfers.CapitalBuilderPrefix + Name)
        || (Has(Roles.Lender) && account == Transfers.LenderPrefix + Name);

    /// <summary>Whether a node may be shown to them: managers and auditors see all, operators and capital builders their own.</summary>
    public bool MaySeeNodeOf(string? @operator, string? capitalBuilder) =>
        Has(SeeAll) || (Has(Roles.Operator) && @operator == Name) || (Has(Roles.CapitalBuilder) && capitalBuilder == Name);

    /// <summary>The caller of a request that was let in.</summary>
    public static ValueTask<Caller?> BindAsync(HttpContext context, ParameterInfo parameter) => ValueTask.FromResult(Of(context.User));

    /// <summary>The caller that a principal stands for, or null.</summary>
    internal static Caller? Of(ClaimsPrincipal principal) =>
        principal.Identity is { IsAuthenticated: true, Name: { } name } && Number(principal, ClaimTypes.NameIdentifier) is { } id && Number(principal, ClaimTypes.Role) is { } roles
            ? new Caller(id, name, (Roles)roles)
            : null;

    /// <summary>The principal of a person in a browser.</summary>
    internal static ClaimsPrincipal Principal(Person person, string scheme) =>
        new(new ClaimsIdentity([.. Claims(person.Id, person.Name, person.Roles), new Claim(StampClaim, person.SecurityStamp)], scheme));

    /// <summary>The principal of a token: what both the token and its person may do.</summary>
    internal static ClaimsPrincipal Principal(TokenRow token, string scheme) =>
        new(new ClaimsIdentity(
            [
                .. Claims(token.PersonId, token.PersonName, token.Roles & token.PersonRoles),
                new Claim(TokenClaim, token.Id.ToString(CultureInfo.InvariantCulture)),
                .. token.IsReadOnly ? [new Claim(ReadOnlyClaim, "1")] : Array.Empty<Claim>(),
            ],
            scheme));

    /// <summary>Row of the token that a request came with, or null.</summary>
    internal static long? TokenOf(ClaimsPrincipal principal) => Number(principal, TokenClaim);

    /// <summary>Whether a request's token only reads.</summary>
    internal static bool IsReadOnly(ClaimsPrincipal principal) => principal.HasClaim(ReadOnlyClaim, "1");

    /// <summary>Whether a session still stands: the person has an open account, the same roles and the same stamp.</summary>
    internal static bool IsCurrent(ClaimsPrincipal principal, Person? person) =>
        person is { ClosedMs: null } && principal.HasClaim(StampClaim, person.SecurityStamp) && Number(principal, ClaimTypes.Role) == (long)person.Roles;

    private static Claim[] Claims(long id, string name, Roles roles) =>
    [
        new(ClaimTypes.NameIdentifier, id.ToString(CultureInfo.InvariantCulture)), new(ClaimTypes.Name, name), new(ClaimTypes.Role, ((int)roles).ToString(CultureInfo.InvariantCulture)),
    ];

    private static long? Number(ClaimsPrincipal principal, string claim) =>
        long.TryParse(principal.FindFirstValue(claim), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
}
