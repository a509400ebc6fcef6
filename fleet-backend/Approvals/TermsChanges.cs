using System.Data.Common;
using System.Globalization;
using Dapper;
using DePin.Fleet.Crediting;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Approvals;

/// <summary>A new tariff of a profile. Cuts are announced.</summary>
internal sealed class TariffChange(CreditingSettings settings) : ChangeKind<NewTariff>
{
    private const long SecondsPerDay = 86_400;

    /// <inheritdoc />
    public override string Name => "tariff";

    /// <inheritdoc />
    protected override Sentence? Problem(DbConnection connection, NewTariff change, long nowUnixMilliseconds)
    {
        if (!Profile.ByName.TryGetValue(change.Profile, out Profile? profile))
        {
            return Bounds.OneOf("profile", Profile.ByName.Keys);
        }

        if (change.AmountProblem() is { } amounts)
        {
            return amounts;
        }

        TariffVersion latest = TariffStore.Versions(connection, profile.Number)[^1];
        long now = nowUnixMilliseconds / 1000;
        bool isCut = change.MicroPerKilowattHour < latest.Tariff.MicroPerKilowattHour || change.MicroPerServedHour < latest.Tariff.MicroPerServedHour
            || change.MicroPerVoucher < latest.Tariff.MicroPerVoucher;
        long earliest = Math.Max(now + (isCut ? settings.CutNoticeDays * SecondsPerDay : TermsTime.NoticeSeconds), latest.FromUnixSeconds + 1);
        return change.FromUnixSeconds < earliest
            ? TermsTime.TooEarly(earliest, isCut ? Sentence.Of($"a cut is announced {settings.CutNoticeDays} days before") : TermsTime.Ahead)
            : TermsTime.Problem(change.FromUnixSeconds);
    }

    /// <inheritdoc />
    protected override void Apply(DbConnection connection, NewTariff change, string by, long nowUnixMilliseconds) =>
        TariffStore.Insert(connection, Profile.ByName[change.Profile].Number, change.ToTariff(), change.FromUnixSeconds, nowUnixMilliseconds, by);
}

/// <summary>A new agreement of a node.</summary>
internal sealed class AgreementChange : ChangeKind<NewAgreement>
{
    /// <inheritdoc />
    public override string Name => "agreement";

    /// <inheritdoc />
    protected override Sentence? Problem(DbConnection connection, NewAgreement change, long nowUnixMilliseconds)
    {
        if (NodeStore.Find(connection, change.NodeId) is not { } node)
        {
            return Sentence.Of($"No node '{change.NodeId}' is registered.");
        }

        if (AgreementStore.Versions(connection, node.RowId) is not [.., { } latest])
        {
            return Sentence.Of($"Node {change.NodeId} was never paired; its first agreement comes with its pairing.");
        }

        long earliest = Math.Max(nowUnixMilliseconds / 1000 + TermsTime.NoticeSeconds, latest.FromUnixSeconds + 1);
        return change.FromUnixSeconds < earliest
            ? TermsTime.TooEarly(earliest, TermsTime.Ahead)
            : TermsTime.Problem(change.FromUnixSeconds) ?? change.Agreement.ToAgreement().Problem();
    }

    /// <inheritdoc />
    protected override void Apply(DbConnection connection, NewAgreement change, string by, long nowUnixMilliseconds)
    {
        AgreementStore.Insert(connection, NodeStore.Find(connection, change.NodeId)!.RowId, change.Agreement.ToAgreement(), change.FromUnixSeconds, nowUnixMilliseconds, by);
    }
}

/// <summary>A loan for a node.</summary>
internal sealed class LoanChange : ChangeKind<NewLoan>
{
    private const long MostMicro = 1_000_000_000_000_000;

    /// <inheritdoc />
    public override string Name => "loan";

    /// <inheritdoc />
    protected override Sentence? Problem(DbConnection connection, NewLoan change, long nowUnixMilliseconds)
    {
        if (NodeStore.Find(connection, change.NodeId) is not { } node)
        {
            return Sentence.Of($"No node '{change.NodeId}' is registered.");
        }

        return !Names.IsName(change.Lender) ? Names.Problem("lender")
            : !TermsTime.IsAmount(change.PrincipalMicro, MostMicro, out long principal) || !TermsTime.IsAmount(change.MonthlyMicro, principal, out _)
                ? Sentence.Of($"principalMicro is micro-credits as text from 1 to {MostMicro}, and monthlyMicro no more than it.")
            : change.BasisPoints is < 1 or > Agreement.Whole ? Sentence.Of($"basisPoints is the lender's share of the operator's part, from 1 to {Agreement.Whole}.")
            : LoanStore.Open(connection, node.RowId) is { } open ? Sentence.Of($"The node has a loan of {open.Lender} of which {open.LeftMicro} micro-credits are not repaid.")
            : null;
    }

    /// <inheritdoc />
    protected override void Apply(DbConnection connection, NewLoan change, string by, long nowUnixMilliseconds)
    {
        long node = NodeStore.Find(connection, change.NodeId)!.RowId;
        var loan = new Loan(
            change.Lender, nowUnixMilliseconds / 1000, long.Parse(change.PrincipalMicro, CultureInfo.InvariantCulture), change.BasisPoints, long.Parse(change.MonthlyMicro, CultureInfo.InvariantCulture));
        LoanStore.Insert(connection, node, loan, nowUnixMilliseconds, by);
    }
}

/// <summary>What concerns the times and amounts of all terms.</summary>
internal static class TermsTime
{
    /// <summary>
    /// Terms begin no earlier than this after they were approved: a reading's clock may run ahead, and none that is credited already may
    /// fall under them.
    /// </summary>
    public const long NoticeSeconds = 3600;

    /// <summary>Why terms do not begin at once.</summary>
    public static readonly Sentence Ahead = Sentence.Of($"terms change ahead of the readings they are for");

    // Unix seconds of the year 2200: anything later is milliseconds by mistake.
    private const long LatestUnixSeconds = 7_258_118_400;

    /// <summary>What is wrong with a time, or null.</summary>
    public static Sentence? Problem(long fromUnixSeconds) => fromUnixSeconds > LatestUnixSeconds ? Sentence.Of($"fromUnixSeconds must be Unix seconds before the year 2200.") : null;

    /// <summary>What is said of a time before the earliest.</summary>
    public static Sentence TooEarly(long earliest, Sentence why) => Sentence.Of($"fromUnixSeconds must be {earliest} ({DateTimeOffset.FromUnixTimeSeconds(earliest):yyyy-MM-dd HH:mm} UTC) or later: {why}.");

    /// <summary>Whether a text is an amount of micro-credits from 1 to the most.</summary>
    public static bool IsAmount(string text, long most, out long amount) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out amount) && amount >= 1 && amount <= most;
}

/// <summary>A tariff to come.</summary>
public sealed record NewTariff(string Profile, long FromUnixSeconds, long MicroPerKilowattHour, long MicroPerServedHour, long MicroPerVoucher = 0)
{
    private const long Most = 1_000_000_000_000;

    /// <summary>What is wrong with its amounts, as a sentence, or null.</summary>
    internal Sentence? AmountProblem() => new[] { MicroPerKilowattHour, MicroPerServedHour, MicroPerVoucher }.Any(amount => amount is < 0 or > Most)
        ? Sentence.Of($"The amounts are micro-credits from 0 to {Most}.")
        : null;

    /// <summary>The same as crediting knows it.</summary>
    public Tariff ToTariff() => new(MicroPerKilowattHour, MicroPerServedHour, MicroPerVoucher);
}

/// <summary>An agreement to come.</summary>
public sealed record NewAgreement(string NodeId, long FromUnixSeconds, AgreementRequest Agreement);

/// <summary>A loan to be given; amounts are micro-credits as text.</summary>
public sealed record NewLoan(string NodeId, string Lender, string PrincipalMicro, int BasisPoints, string MonthlyMicro);
