using DePin.Fleet.Crediting;

namespace DePin.Fleet.Ledger;

/// <summary>One account's part of an amount.</summary>
/// <param name="Number">Its place in a transfer's id: 0 operator, 1 capital builder, 2 reserve, 3 manager.</param>
/// <param name="Account">Name of the account.</param>
/// <param name="Micro">The part, above 0.</param>
internal readonly record struct Leg(byte Number, string Account, long Micro)
{
    /// <summary>Who gets which part of an amount; who gets nothing is not there.</summary>
    public static IEnumerable<Leg> Of(long amountMicro, string @operator, string capitalBuilder, Agreement agreement)
    {
        Shares shares = Shares.Of(amountMicro, agreement);
        Leg[] all =
        [
            new(0, Transfers.OperatorPrefix + @operator, shares.OperatorMicro),
            new(1, Transfers.CapitalBuilderPrefix + capitalBuilder, shares.CapitalBuilderMicro),
            new(2, Transfers.ReserveName, shares.ReserveMicro),
            new(3, Transfers.ManagerPrefix + agreement.Manager, shares.ManagerMicro),
        ];
        return all.Where(leg => leg.Micro > 0);
    }
}
