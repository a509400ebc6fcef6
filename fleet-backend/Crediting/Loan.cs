namespace DePin.Fleet.Crediting;

/// <summary>Money lent for a node, repaid out of the operator's part.</summary>
/// <param name="Lender">Who lent it.</param>
/// <param name="FromUnixSeconds">From when on it is repaid.</param>
/// <param name="PrincipalMicro">How much.</param>
/// <param name="BasisPoints">The share of the operator's part that goes to the lender until all is repaid.</param>
/// <param name="MonthlyMicro">What the schedule expects in 30 days.</param>
public sealed record Loan(string Lender, long FromUnixSeconds, long PrincipalMicro, int BasisPoints, long MonthlyMicro)
{
    private const long SecondsPerMonth = 30 * 86_400L;

    /// <summary>What of an operator's posted credit goes to the lender: the share, and never more than is left to repay.</summary>
    public static long Repayment(long creditMicro, int basisPoints, long leftMicro) => Math.Min(Shares.Part(creditMicro, basisPoints), leftMicro);

    /// <summary>What the schedule expects to be repaid by now.</summary>
    public long DueMicro(long nowUnixSeconds) =>
        nowUnixSeconds <= FromUnixSeconds ? 0 : (long)Int128.Min(PrincipalMicro, (Int128)(nowUnixSeconds - FromUnixSeconds) * MonthlyMicro / SecondsPerMonth);
}
