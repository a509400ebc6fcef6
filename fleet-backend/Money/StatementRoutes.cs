using System.Data.Common;
using DePin.Fleet.Ledger;
using DePin.Fleet.People;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Money;

/// <summary>The page of statements: one can be named in its address, so that it is linked to, printed and come back to.</summary>
internal static class StatementRoutes
{
    private const int MostAccounts = 500;
    private const long SecondsPerDay = 86_400;

    /// <summary>GET /statement.</summary>
    public static void MapStatements(this IEndpointRouteBuilder routes) => routes.MapGet("/statement", Show).Needs(Access.OwnPart);

    private static IResult Show(HttpContext context, Caller caller, Database database, TimeProvider clock, string? account = null, string from = "", string to = "", long after = 0)
    {
        using DbConnection connection = database.OpenReader();
        using DbTransaction instant = connection.BeginInstant();
        IReadOnlyList<string> accounts = MoneyStore.Names(connection, caller.Has(Access.WholeFleet) ? null : Own(caller), MostAccounts);
        StatementPageView Asked(string? said) => new(accounts, account ?? accounts.FirstOrDefault() ?? "", from, to, said, null);

        if (string.IsNullOrEmpty(account))
        {
            return Pages.Of<StatementPage>(context, Asked(null));
        }

        if ((from.Length > 0 && Amounts.DayOf(from) is null) || (to.Length > 0 && Amounts.DayOf(to) is null) || after < 0)
        {
            return Pages.Of<StatementPage>(context, Asked(MoneyWords.Of("Statement.NoDay")), StatusCodes.Status400BadRequest);
        }

        // The last day belongs to it.
        long first = Amounts.DayOf(from) ?? 0;
        long end = Amounts.DayOf(to) + SecondsPerDay ?? long.MaxValue;
        if (!caller.MaySee(account) || TallyStore.Account(connection, account) is not { } row || first > end)
        {
            return Pages.Of<StatementPage>(context, Asked(MoneyWords.Of("Statement.None")), StatusCodes.Status404NotFound);
        }

        string period = MoneyWords.Of("Statement.Period", first == 0 ? MoneyWords.Of("Statement.Beginning") : from, end == long.MaxValue ? MoneyWords.Of("Statement.Now") : MoneyWords.Of("Statement.EndOf", to));
        return Pages.Of<StatementPage>(context, Asked(null) with { Sheet = StatementSheet.Read(connection, row, first, end, after, period, clock.GetUtcNow().ToUnixTimeMilliseconds()) });
    }

    private static string[] Own(Caller caller) => [Transfers.OperatorPrefix + caller.Name, Transfers.CapitalBuilderPrefix + caller.Name, Transfers.LenderPrefix + caller.Name];
}

/// <summary>The page of statements.</summary>
/// <param name="Accounts">Names that can be chosen.</param>
/// <param name="Account">The chosen one.</param>
/// <param name="From">First day, as chosen.</param>
/// <param name="To">Last day, as chosen.</param>
/// <param name="Said">What was wrong, or null.</param>
/// <param name="Sheet">The statement, or null where none was asked for.</param>
public sealed record StatementPageView(IReadOnlyList<string> Accounts, string Account, string From, string To, string? Said, StatementSheet? Sheet);
