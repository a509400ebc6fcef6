using System.Data.Common;
using DePin.Fleet.Crediting;

namespace DePin.Fleet.Ledger;

/// <summary>What goes off posted credit at once: half of it at most to what the account owes, then the operator's loan.</summary>
internal sealed class Deductions(DbConnection connection, long nowUnixMilliseconds)
{
    private readonly Dictionary<long, long> _owed = SettlementStore.Owed(connection);
    private readonly Dictionary<long, LoanRow> _loans = LoanStore.AllOpen(connection).ToDictionary(loan => loan.Node);
    private readonly HashSet<long> _operators = SettlementStore.Operators(connection);

    /// <summary>Takes them off.</summary>
    /// <param name="node">The node that earned.</param>
    /// <param name="account">Who got it.</param>
    /// <param name="amountMicro">How much was posted.</param>
    /// <param name="openedUnixSeconds">When it was measured.</param>
    /// <param name="reference">What was posted: the same posting takes nothing off twice.</param>
    public void Of(long node, long account, long amountMicro, long openedUnixSeconds, string reference)
    {
        if (_owed.TryGetValue(account, out long owed))
        {
            long taken = Math.Min(owed, amountMicro / 2);
            if (LedgerStore.Post(connection, Transfers.IdOf(Transfers.Recovery, reference), Transfers.Recovery, account, Transfers.Issued, taken, reference, nowUnixMilliseconds))
            {
                SettlementStore.Owe(connection, account, -taken);
                _owed[account] = owed - taken;
                amountMicro -= taken;
            }
        }

        if (_operators.Contains(account) && _loans.TryGetValue(node, out LoanRow? loan) && openedUnixSeconds >= loan.FromUnixSeconds)
        {
            long part = Loan.Repayment(amountMicro, loan.BasisPoints, loan.LeftMicro);
            if (LedgerStore.Post(connection, Transfers.IdOf(Transfers.Repayment, reference), Transfers.Repayment, account, loan.LenderAccount, part, $"loan {loan.Id}: {reference}", nowUnixMilliseconds))
            {
                LoanStore.Repay(connection, loan.Id, part);
                _loans[node] = loan with { RepaidMicro = loan.RepaidMicro + part };
            }
        }
    }
}
