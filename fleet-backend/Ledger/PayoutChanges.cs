using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using DePin.Fleet.Approvals;
using DePin.Fleet.Crediting;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Ledger;

/// <summary>A new address for an account's money. It counts only after a time in which its owner can object.</summary>
internal sealed partial class PayeeChange(CreditingSettings settings) : ChangeKind<NewPayee>
{
    private const long MillisecondsPerHour = 3_600_000;
    private const int MostNameLetters = 100;

    /// <inheritdoc />
    public override string Name => "payee";

    /// <inheritdoc />
    protected override Sentence? Problem(DbConnection connection, NewPayee change, long nowUnixMilliseconds) =>
        PayoutStore.PersonAccount(connection, change.Account) is null ? Sentence.Of($"There is no person's account '{change.Account}'.")
        : !Phone().IsMatch(change.Phone) ? Sentence.Of($"phone must be a number in international form: a plus sign and 8 to 15 digits.")
        : change.Name is { } payee && (payee.Length is 0 or > MostNameLetters || !char.IsLetter(payee[0]) || payee.Any(char.IsControl)) ? Sentence.Of($"name is that of who is paid, as the provider knows it: 1 to {MostNameLetters} printable characters, the first a letter.")
        : null;

    /// <inheritdoc />
    protected override void Apply(DbConnection connection, NewPayee change, string by, long nowUnixMilliseconds)
    {
        long from = nowUnixMilliseconds + settings.PayeeWaitHours * MillisecondsPerHour;
        PayoutStore.InsertPayee(connection, PayoutStore.PersonAccount(connection, change.Account)!.Value, change.Phone, change.Name, from);

        // The log of events is published as hashes, and a phone number or a name could be guessed from one: they stay in the table.
        EventStore.Record(connection, nowUnixMilliseconds, Name, null, by, new { change.Account, fromUnixMilliseconds = from });
    }

    [GeneratedRegex(@"\A\+[0-9]{8,15}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Phone();
}

/// <summary>A payout run: takes what is posted out of the accounts that reach a minimum.</summary>
internal sealed class PayoutChange(PayoutLock payoutLock) : ChangeKind<NewPayout>
{
    /// <inheritdoc />
    public override string Name => "payout";

    /// <inheritdoc />
    protected override Sentence? Problem(DbConnection connection, NewPayout change, long nowUnixMilliseconds) =>
        payoutLock.Reason is { } locked ? locked
        : !TermsTime.IsAmount(change.MinimumMicro, long.MaxValue, out long minimum) ? Sentence.Of($"minimumMicro must be micro-credits as text, at least 1.")
        : PayoutStore.Payable(connection, minimum, nowUnixMilliseconds).Count == 0 ? Sentence.Of($"No account has so much, an address that counts and no payout under way.")
        : null;

    /// <inheritdoc />
    protected override void Apply(DbConnection connection, NewPayout change, string by, long nowUnixMilliseconds)
    {
        TermsTime.IsAmount(change.MinimumMicro, long.MaxValue, out long minimum);
        long run = PayoutStore.InsertRun(connection, by, nowUnixMilliseconds);
        long sum = 0;
        IReadOnlyList<(long Account, string Name, string Phone, string? PayeeName, long PostedMicro)> payable = PayoutStore.Payable(connection, minimum, nowUnixMilliseconds);
        foreach ((long account, string name, string phone, string? payeeName, long posted) in payable)
        {
            string reference = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"payout\0{run}\0{name}")).AsSpan(0, 8));
            PayoutStore.Insert(connection, reference, run, account, phone, payeeName, posted);
            LedgerStore.Post(connection, Transfers.IdOf(Transfers.Payout, reference), Transfers.Payout, account, Transfers.Payouts, posted, reference, nowUnixMilliseconds);
            sum = checked(sum + posted);
        }

        EventStore.Record(connection, nowUnixMilliseconds, Name, null, by, new { run, accounts = payable.Count, sumMicro = sum });
    }
}

/// <summary>Why no money may leave, or null: set at start where the ledger cannot be trusted to be the latest.</summary>
public sealed class PayoutLock
{
    /// <summary>A sentence that says what to do, or null.</summary>
    public Sentence? Reason { get; set; }
}

/// <summary>Where an account's money shall go, and under which name the provider knows who gets it.</summary>
public sealed record NewPayee(string Account, string Phone, string? Name = null);

/// <summary>A run over all accounts with at least so much, micro-credits as text.</summary>
public sealed record NewPayout(string MinimumMicro);
