using System.Data.Common;
using System.Globalization;
using DePin.Fleet.Crediting;
using DePin.Fleet.Ledger;

namespace DePin.Fleet.Upkeep;

/// <summary>
/// Settles again what was settled: each month's service by its availability, what went off posted credit to reversals and loans, what
/// reversals took, and what payouts moved. Every amount is worked out from what it follows from, in the order in which it was booked.
/// </summary>
internal sealed class SettlementCheck(DbConnection connection, Action<string> differs)
{
    private readonly HashSet<long> _managers = SettlementStore.Managers(connection);

    /// <summary>Names each amount that does not follow.</summary>
    public void Run()
    {
        // Sums first: one false amount shows in everything that was taken off later.
        CheckReversals();
        CheckMonths();
        CheckDeductions();
        foreach (string difference in SettlementCheckStore.Payouts(connection))
        {
            differs(difference);
        }
    }

    // A month with service that still waits is settled once more, and looked at then.
    private void CheckMonths()
    {
        foreach ((long node, long number) in SettlementCheckStore.SettledMonths(connection))
        {
            var month = new Month(number);
            long from = month.FromUnixSeconds, to = month.ToUnixSeconds;
            (long served, long whole) = SettlementStore.Served(connection, node, from, to);
            long expected = SettlementStore.ExpectedSeconds(connection, node, from, to);
            string stored = SettlementCheckStore.Month(connection, node, number);
            string given = $"{served} of {expected} s, {Availability.EarnedMicro(whole, served, expected)} of {whole}";
            if (stored != given)
            {
                differs($"month {month} of node {node}: it is settled as {stored}; its readings give {given}");
            }

            long overdue = SettlementStore.OverdueSeconds(connection, node, from, to);
            foreach ((long account, long posted) in SettlementStore.PostedService(connection, node, from, to))
            {
                long earned = Availability.EarnedMicro(posted, served, expected);
                long target = _managers.Contains(account) ? Availability.WithoutOverdue(earned, overdue, expected) : earned;
                (long adjusted, _) = SettlementStore.Adjusted(connection, $"{node}/{month}/{account}/", account);
                if (posted + adjusted != target)
                {
                    differs($"month {month} of node {node}: {posted + adjusted} of service are left to account {account}; availability leaves {target}");
                }
            }
        }
    }

    private void CheckDeductions()
    {
        Dictionary<string, PostedCredit> credits = SettlementCheckStore.CreditOfDebtors(connection).ToDictionary(credit => credit.Reference, StringComparer.Ordinal);
        Dictionary<long, LoanRow> loans = LoanStore.Page(connection, int.MaxValue).ToDictionary(loan => loan.Id, loan => loan with { RepaidMicro = 0 });
        var owed = new Dictionary<long, long>();
        var recovered = new Dictionary<string, long>(StringComparer.Ordinal);
        var repaid = new Dictionary<string, long>(StringComparer.Ordinal);
        var left = loans.Keys.ToDictionary(id => id, _ => new Course());
        var owedOver = new Dictionary<long, Course>();
        foreach (Deduction deduction in SettlementCheckStore.Deductions(connection))
        {
            Course course = owedOver.TryGetValue(deduction.Account, out Course? known) ? known : owedOver[deduction.Account] = new Course();
            if (deduction.Kind == Transfers.Reversal)
            {
                owed[deduction.Account] = owed.GetValueOrDefault(deduction.Account) + deduction.AmountMicro;
                course.Add(deduction.MadeUnixMilliseconds, deduction.AmountMicro);
                continue;
            }

            (string reference, long? loan) = Split(deduction);
            if (!credits.TryGetValue(reference, out PostedCredit? credit) || credit.Account != deduction.Account)
            {
                differs($"{deduction.Kind} {deduction.Reference}: nothing was posted for account {deduction.Account} that it goes off");
                continue;
            }

            long expected;
            if (loan is { } id)
            {
                LoanRow? row = loans.GetValueOrDefault(id);
                expected = row is null || row.Node != credit.Node ? 0 : Loan.Repayment(credit.AmountMicro - recovered.GetValueOrDefault(reference), row.BasisPoints, row.LeftMicro);
                repaid[reference] = deduction.AmountMicro;
                if (row is not null)
                {
                    loans[id] = row with { RepaidMicro = row.RepaidMicro + deduction.AmountMicro };
                    left[id].Add(deduction.MadeUnixMilliseconds, deduction.AmountMicro);
                }
            }
            else
            {
                expected = Math.Min(owed.GetValueOrDefault(deduction.Account), credit.AmountMicro / 2);
                recovered[reference] = deduction.AmountMicro;
                owed[deduction.Account] = owed.GetValueOrDefault(deduction.Account) - deduction.AmountMicro;
                course.Add(deduction.MadeUnixMilliseconds, -deduction.AmountMicro);
            }

            if (deduction.AmountMicro != expected)
            {
                differs($"{deduction.Kind} {deduction.Reference}: it is {deduction.AmountMicro}; {credit.AmountMicro} posted give {expected}");
            }
        }

        foreach (PostedCredit credit in credits.Values)
        {
            LoanRow? loan = !credit.IsOperator ? null : loans.Values.FirstOrDefault(row =>
                row.Node == credit.Node && credit.OpenedUnixSeconds >= row.FromUnixSeconds && left[row.Id].At(credit.SettledUnixMilliseconds) < row.PrincipalMicro
                && (row.SucceededUnixMilliseconds is not { } succeeded || credit.SettledUnixMilliseconds < succeeded));
            bool owes = credit.AmountMicro > 1 && owedOver.TryGetValue(credit.Account, out Course? course) && course.At(credit.SettledUnixMilliseconds - 1) > 0 && course.At(credit.SettledUnixMilliseconds) > 0;
            if (owes && !recovered.ContainsKey(credit.Reference))
            {
                differs($"credit {credit.Reference}: account {credit.Account} owed, and nothing of it was recovered");
            }

            if (loan is not null && !repaid.ContainsKey(credit.Reference) && Shares.Part(credit.AmountMicro - recovered.GetValueOrDefault(credit.Reference), loan.BasisPoints) > 0)
            {
                differs($"credit {credit.Reference}: loan {loan.Id} was not repaid out of it");
            }
        }
    }

    private void CheckReversals()
    {
        foreach ((string id, string kind, long amount, long taken, long owed) in SettlementCheckStore.Reversed(connection))
        {
            // Of service, availability may have taken a part before.
            bool follows = kind == Transfers.Service ? taken + owed <= amount : taken + owed == amount;
            if (!follows)
            {
                differs($"transfer {id[..12]}: it gave {amount}; its reversal took {taken} and left {owed} owed");
            }
        }

        foreach (string difference in SettlementCheckStore.ReversalSums(connection))
        {
            differs(difference);
        }
    }

    private static (string Reference, long? Loan) Split(Deduction deduction)
    {
        int colon = deduction.Reference.IndexOf(": ", StringComparison.Ordinal);
        return deduction.Kind == Transfers.Repayment && colon > 5 && long.TryParse(deduction.Reference.AsSpan(5, colon - 5), NumberStyles.None, CultureInfo.InvariantCulture, out long loan)
            ? (deduction.Reference[(colon + 2)..], loan)
            : (deduction.Reference, null);
    }

    // How a sum went over time.
    private sealed class Course
    {
        private readonly List<(long At, long Sum)> _steps = [];

        public void Add(long unixMilliseconds, long change) => _steps.Add((unixMilliseconds, (_steps.Count == 0 ? 0 : _steps[^1].Sum) + change));

        public long At(long unixMilliseconds)
        {
            int low = 0, high = _steps.Count;
            while (low < high)
            {
                int middle = (low + high) / 2;
                (low, high) = _steps[middle].At <= unixMilliseconds ? (middle + 1, high) : (low, middle);
            }

            return low == 0 ? 0 : _steps[low - 1].Sum;
        }
    }
}
