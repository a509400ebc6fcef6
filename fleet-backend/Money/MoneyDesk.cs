using System.Data.Common;
using DePin.Contracts.Identity;
using DePin.Fleet.Approvals;
using DePin.Fleet.Crediting;
using DePin.Fleet.Homes;
using DePin.Fleet.Ledger;
using DePin.Fleet.Nodes;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using Microsoft.AspNetCore.Antiforgery;

namespace DePin.Fleet.Money;

/// <summary>Puts the pages over money together, each of one instant.</summary>
internal sealed class MoneyDesk(Database database, TimeProvider clock, PayoutLock payoutLock, IAntiforgery antiforgery)
{
    private const int AccountsShown = 100, RunsShown = 50, WaitingShown = 200, LoansShown = 200;
    private const int MostPart = 100;

    /// <summary>The books in sums, what waits, and accounts.</summary>
    public IResult Accounts(HttpContext context, string part, bool owing, string after, Said? said = null)
    {
        part = part.Trim();
        part = part.Length > MostPart ? part[..MostPart] : part;
        using DbConnection connection = database.OpenReader();
        using DbTransaction instant = connection.BeginInstant();
        (long funded, long available, long pending, long posted, long owed) = MoneyStore.Totals(connection);
        IReadOnlyList<MoneyAccount> rows = MoneyStore.Accounts(connection, part, owing, after, AccountsShown + 1);
        string? more = rows.Count > AccountsShown ? $"/money?q={Uri.EscapeDataString(part)}&owing={(owing ? 1 : 0)}&after={Uri.EscapeDataString(rows[AccountsShown - 1].Name)}" : null;
        return Pages.Of<AccountsPage>(
            context,
            new AccountsView(
                Head(context, said), Amounts.Credits(funded), Amounts.Credits(available), Amounts.Credits(pending), Amounts.Credits(posted), Amounts.Credits(owed), owed > 0, Waiting(context, connection), part, owing,
                [.. rows.Take(AccountsShown).Select(row => new AccountLine(row.Name, Amounts.Credits(row.PostedMicro), Amounts.Credits(row.PendingMicro), row.OwedMicro > 0 ? Amounts.Credits(row.OwedMicro) : null))], more),
            said?.Status ?? StatusCodes.Status200OK);
    }

    /// <summary>Payout runs.</summary>
    public IResult Payouts(HttpContext context, Said? said)
    {
        using DbConnection connection = database.OpenReader();
        using DbTransaction instant = connection.BeginInstant();
        return Pages.Of<PayoutsPage>(
            context,
            new PayoutsPageView(
                Head(context, said), payoutLock.Reason?.Told(),
                [.. MoneyStore.Runs(connection, RunsShown).Select(run => new RunLine(run.Run, Amounts.Instant(run.MadeUnixMilliseconds), run.By, Amounts.Count(run.Payouts), Amounts.Credits(run.AmountMicro), StateOf(run)))],
                [.. Waiting(context, connection, "payout", "payee")], PayoutRoutes.MaxFileBytes),
            said?.Status ?? StatusCodes.Status200OK);
    }

    /// <summary>Tariffs, the agreements of a node, loans; and what other terms would have paid.</summary>
    public IResult Terms(HttpContext context, string node, Said? said, Preview? preview)
    {
        using DbConnection connection = database.OpenReader();
        using DbTransaction instant = connection.BeginInstant();
        long now = clock.GetUtcNow().ToUnixTimeSeconds();
        string nodeId = NodeId.Parse(node)?.ToString() ?? "";
        NodeRow? row = nodeId.Length > 0 ? NodeStore.Find(connection, nodeId) : null;
        return Pages.Of<TermsPage>(
            context,
            new TermsView(
                Head(context, said), [.. Tariffs(connection, now)], [.. Profile.ByName.Keys.Order(StringComparer.Ordinal)], node,
                node.Length > 0 && row is null ? MoneyWords.Of("Terms.NoNode") : null, row is null ? [] : [.. Agreements(connection, row.RowId, now)], Waiting(context, connection, "tariff", "agreement", "loan"),
                [.. LoanStore.Page(connection, LoansShown).Select(loan => LoanLine.Of(loan, now))], preview),
            said?.Status ?? StatusCodes.Status200OK);
    }

    /// <summary>The same page with what these terms would have paid last month.</summary>
    public IResult Preview(HttpContext context, string node, NewTariff? tariff, NewAgreement? agreement, IFormCollection form)
    {
        (PreviewView? View, Sentence? Problem, int Status) found;
        using (DbConnection connection = database.OpenReader())
        {
            found = tariff is not null ? PreviewRoutes.OfTariff(connection, clock, tariff) : PreviewRoutes.OfAgreement(connection, clock, agreement!);
        }

        if (found.View is not { } view)
        {
            return Terms(context, node, new Said(found.Problem!.Told(), found.Status), null);
        }

        IReadOnlyList<string> fields = tariff is not null ? TermsForm.TariffFields : TermsForm.AgreementFields;
        return Terms(context, node, null, new Preview(
            tariff is not null ? "tariff" : "agreement", view.Month, Amounts.Credits(view.WasMicro), Amounts.Credits(view.WouldBeMicro),
            [.. view.Accounts.Select(line => (line.Account, Amounts.Credits(line.WasMicro), Amounts.Credits(line.WouldBeMicro)))], [.. fields.Select(name => (name, form[name].ToString().Trim()))]));
    }

    private static IEnumerable<TariffLine> Tariffs(DbConnection connection, long now)
    {
        foreach (Profile profile in Profile.ByNumber.Values.OrderBy(profile => profile.Number))
        {
            IReadOnlyList<TariffVersion> versions = TariffStore.Versions(connection, profile.Number);
            TariffVersion? inForce = versions.LastOrDefault(version => version.FromUnixSeconds <= now);
            foreach (TariffVersion version in versions.Where(version => version == inForce || version.FromUnixSeconds > now))
            {
                yield return new TariffLine(
                    profile.Name, From(version.FromUnixSeconds), When(version == inForce), Amounts.Credits(version.Tariff.MicroPerKilowattHour), Amounts.Credits(version.Tariff.MicroPerServedHour), Amounts.Credits(version.Tariff.MicroPerVoucher));
            }
        }
    }

    private static IEnumerable<AgreementLine> Agreements(DbConnection connection, long node, long now)
    {
        IReadOnlyList<AgreementVersion> versions = AgreementStore.Versions(connection, node);
        AgreementVersion? inForce = versions.LastOrDefault(version => version.FromUnixSeconds <= now);
        return versions.Where(version => version == inForce || version.FromUnixSeconds > now).Select(version => new AgreementLine(
            From(version.FromUnixSeconds), When(version == inForce), Amounts.Percent(version.Agreement.OperatorBasisPoints), Amounts.Percent(version.Agreement.CapitalBuilderBasisPoints),
            version.Agreement.Manager is { } name ? $"{Amounts.Percent(version.Agreement.ManagerBasisPoints)} ({name})" : Amounts.Percent(version.Agreement.ManagerBasisPoints),
            Amounts.Percent(version.Agreement.ReserveBasisPoints), version.Agreement.DueHours));
    }

    private static string From(long unixSeconds) => unixSeconds == 0 ? MoneyWords.Of("Statement.Beginning") : $"{Amounts.Instant(unixSeconds * 1000)} UTC";

    private static string When(bool isInForce) => MoneyWords.Of(isInForce ? "Terms.InForce" : "Terms.ToCome");

    private static string StateOf(MoneyRun run) => string.Join(", ", new[] { (run.Sent, "sent"), (run.Unknown, "unknown"), (run.Paid, "paid"), (run.Failed, "failed") }
        .Where(part => part.Item1 > 0).Select(part => MoneyWords.Of($"Payout.{part.Item2}", part.Item1)));

    private static WaitingLine[] Waiting(HttpContext context, DbConnection connection, params string[] kinds) =>
    [
        .. ChangeStore.AllWaiting(connection, WaitingShown).Where(row => kinds.Length == 0 || kinds.Contains(row.Kind)).Select(row => WaitingLine.Of(row, Caller.Of(context.User)!)),
    ];

    private MoneyHead Head(HttpContext context, Said? said) =>
        new(said?.Words, said?.Status is StatusCodes.Status200OK, Caller.Of(context.User)!.Has(Roles.Manager), antiforgery.GetAndStoreTokens(context));
}
