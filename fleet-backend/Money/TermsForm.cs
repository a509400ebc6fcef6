using System.Globalization;
using DePin.Contracts.Identity;
using DePin.Fleet.Approvals;
using DePin.Fleet.Nodes;

namespace DePin.Fleet.Money;

/// <summary>New terms as the forms send them: credits with decimals, percent, days.</summary>
internal static class TermsForm
{
    private const decimal BasisPointsPerPercent = 100;
    private const int MostDueHours = 8760;

    /// <summary>Fields of the form for a tariff.</summary>
    public static IReadOnlyList<string> TariffFields { get; } = ["profile", "perKilowattHour", "perHour", "perVoucher", "from"];

    /// <summary>Fields of the form for an agreement.</summary>
    public static IReadOnlyList<string> AgreementFields { get; } = ["node", "operator", "capitalBuilder", "manager", "managerName", "reserve", "dueHours", "from"];

    /// <summary>A tariff; or what is wrong, in words.</summary>
    public static (NewTariff? Tariff, string? Problem) Tariff(IFormCollection form)
    {
        string Text(string name) => form[name].ToString().Trim();
        return Amounts.MicroOf(Text("perKilowattHour")) is not { } energy || Amounts.MicroOf(Text("perHour")) is not { } hour || Amounts.MicroOf(Text("perVoucher") is { Length: > 0 } voucher ? voucher : "0") is not { } perVoucher
            ? (null, MoneyWords.Of("Terms.NoAmount"))
            : Amounts.DayOf(Text("from")) is not { } from ? (null, MoneyWords.Of("Terms.NoDay"))
            : (new NewTariff(Text("profile"), from, energy, hour, perVoucher), null);
    }

    /// <summary>An agreement; or what is wrong, in words.</summary>
    public static (NewAgreement? Agreement, string? Problem) Agreement(IFormCollection form)
    {
        string Text(string name) => form[name].ToString().Trim();
        return NodeId.Parse(Text("node")) is not { } node ? (null, MoneyWords.Of("Terms.NoNode"))
            : Points(Text("operator")) is not { } toOperator || Points(Text("capitalBuilder")) is not { } toBuilder || Points(Text("manager")) is not { } toManager || Points(Text("reserve")) is not { } toReserve
                ? (null, MoneyWords.Of("Terms.NoShare"))
            : !int.TryParse(Text("dueHours"), NumberStyles.None, CultureInfo.InvariantCulture, out int dueHours) || dueHours is < 1 or > MostDueHours ? (null, MoneyWords.Of("Terms.NoHours"))
            : Amounts.DayOf(Text("from")) is not { } from ? (null, MoneyWords.Of("Terms.NoDay"))
            : (new NewAgreement(node.ToString(), from, new AgreementRequest(toOperator, toBuilder, toManager, toReserve, Text("managerName") is { Length: > 0 } name ? name : null, dueHours)), null);
    }

    // Percent, with two decimals at most; nothing is 0.
    private static int? Points(string percent) => percent.Length == 0 ? 0
        : decimal.TryParse(percent.Replace(',', '.'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal parsed) && parsed is >= 0 and <= 100 && decimal.Round(parsed, 2) == parsed ? (int)(parsed * BasisPointsPerPercent)
        : null;
}
