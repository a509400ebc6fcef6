using System.Globalization;
using System.Text.Json;
using DePin.Fleet.Approvals;
using DePin.Fleet.Homes;
using DePin.Fleet.People;
using Microsoft.AspNetCore.Antiforgery;

namespace DePin.Fleet.Money;

/// <summary>What a page over money has above all else.</summary>
/// <param name="Said">What became of a form, or null.</param>
/// <param name="IsGood">Whether that is good news.</param>
/// <param name="MayChange">Whether whoever looks may change anything.</param>
/// <param name="Token">Proves forms to be this page's.</param>
public sealed record MoneyHead(string? Said, bool IsGood, bool MayChange, AntiforgeryTokenSet Token);

/// <summary>The books in sums, what waits for a second person, the accounts.</summary>
public sealed record AccountsView(
    MoneyHead Head, string Funded, string Available, string Pending, string Posted, string Owed, bool IsAnyOwing, IReadOnlyList<WaitingLine> Waiting,
    string Part, bool OwingOnly, IReadOnlyList<AccountLine> Accounts, string? More);

/// <summary>An account.</summary>
public sealed record AccountLine(string Name, string Posted, string Pending, string? Owed);

/// <summary>A change that waits for a second person.</summary>
/// <param name="Id">Its number.</param>
/// <param name="What">Its kind, in words.</param>
/// <param name="Fields">What it says.</param>
/// <param name="Reason">Why, in the words of who proposed it.</param>
/// <param name="By">Who proposed it, and when.</param>
/// <param name="MayApprove">Whether whoever looks may approve it: never who proposed it.</param>
public sealed record WaitingLine(long Id, string What, IReadOnlyList<(string Name, string Value)> Fields, string Reason, string By, bool MayApprove)
{
    private const string Micro = "micro";

    internal static WaitingLine Of(ChangeRow row, Caller caller)
    {
        using var content = JsonDocument.Parse(row.Content);
        return new WaitingLine(
            row.Id, MoneyWords.Find($"Change.{row.Kind}") ?? row.Kind, [.. Read(content.RootElement)], row.Reason, MoneyWords.Of("Change.By", row.ProposedBy, Amounts.Instant(row.ProposedUnixMilliseconds)),
            caller.Has(Roles.Manager) && row.ProposedBy != caller.Name);
    }

    private static IEnumerable<(string Name, string Value)> Read(JsonElement content) => content.ValueKind != JsonValueKind.Object
        ? []
        : content.EnumerateObject().SelectMany(field => field.Value.ValueKind == JsonValueKind.Object
            ? Read(field.Value)
            : [(MoneyWords.Find($"Field.{field.Name}") ?? field.Name, Value(field))]);

    private static string Value(JsonProperty field)
    {
        string raw = field.Value.ValueKind == JsonValueKind.String ? field.Value.GetString()! : field.Value.GetRawText();
        if (!long.TryParse(raw, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
        {
            return raw;
        }

        return field.Name.Contains(Micro, StringComparison.OrdinalIgnoreCase) ? MoneyWords.Of("Credits", Amounts.Credits(number))
            : field.Name.EndsWith("UnixSeconds", StringComparison.Ordinal) ? $"{Amounts.Instant(number * 1000)} UTC"
            : field.Name is "operator" or "capitalBuilder" or "manager" or "reserve" or "basisPoints" ? Amounts.Percent(number)
            : raw;
    }
}

/// <summary>Payout runs, and the forms for the next and for results.</summary>
/// <param name="Head">Above all else.</param>
/// <param name="Locked">Why no money may leave, or null.</param>
/// <param name="Runs">The last runs.</param>
/// <param name="Waiting">Runs that wait for a second person.</param>
/// <param name="MostBytes">Bytes of a file of results, at most.</param>
public sealed record PayoutsPageView(MoneyHead Head, string? Locked, IReadOnlyList<RunLine> Runs, IReadOnlyList<WaitingLine> Waiting, long MostBytes);

/// <summary>A payout run.</summary>
public sealed record RunLine(long Run, string Made, string By, string Payouts, string Amount, string State);

/// <summary>Tariffs, agreements and loans, and what others would have paid.</summary>
public sealed record TermsView(
    MoneyHead Head, IReadOnlyList<TariffLine> Tariffs, IReadOnlyList<string> Profiles, string NodeId, string? NodeSaid, IReadOnlyList<AgreementLine> Agreements, IReadOnlyList<WaitingLine> Waiting,
    IReadOnlyList<LoanLine> Loans, Preview? Preview);

/// <summary>A tariff of a profile.</summary>
public sealed record TariffLine(string Profile, string From, string When, string PerKilowattHour, string PerHour, string PerVoucher);

/// <summary>An agreement of a node.</summary>
public sealed record AgreementLine(string From, string When, string Operator, string CapitalBuilder, string Manager, string Reserve, long DueHours);

/// <summary>What other terms would have paid last month, and the fields by which they are proposed.</summary>
/// <param name="Kind">tariff or agreement.</param>
/// <param name="Month">The month.</param>
/// <param name="Was">What was credited, of all.</param>
/// <param name="WouldBe">What would have been.</param>
/// <param name="Accounts">The same by account.</param>
/// <param name="Fields">The form again.</param>
public sealed record Preview(string Kind, string Month, string Was, string WouldBe, IReadOnlyList<(string Account, string Was, string WouldBe)> Accounts, IReadOnlyList<(string Name, string Value)> Fields);
