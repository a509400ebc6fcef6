using DePin.Fleet.Nodes;

namespace DePin.Fleet.Crediting;

/// <summary>Who shares a node's credit, in basis points; together 10,000.</summary>
/// <param name="OperatorBasisPoints">To who keeps the node running.</param>
/// <param name="CapitalBuilderBasisPoints">To who paid for it.</param>
/// <param name="ManagerBasisPoints">To who keeps the region's infrastructure; needs <paramref name="Manager"/>.</param>
/// <param name="ReserveBasisPoints">To the community reserve, which also gets what rounding leaves.</param>
/// <param name="Manager">Name of the infrastructure manager, or null.</param>
/// <param name="DueHours">The service level: how soon a ticket is to be put right.</param>
public sealed record Agreement(
    int OperatorBasisPoints, int CapitalBuilderBasisPoints, int ManagerBasisPoints = 0, int ReserveBasisPoints = 0, string? Manager = null, int DueHours = Agreement.UsualDueHours)
{
    /// <summary>Three days: what is promised where nothing else is.</summary>
    public const int UsualDueHours = 72;

    private const int MostDueHours = 8760;

    /// <summary>All of it, in basis points.</summary>
    public const int Whole = 10_000;

    /// <summary>What is wrong with the shares, as a sentence, or null.</summary>
    public Sentence? Problem()
    {
        int[] shares = [OperatorBasisPoints, CapitalBuilderBasisPoints, ManagerBasisPoints, ReserveBasisPoints];
        return shares.Any(share => share < 0) || shares.Sum(share => (long)share) != Whole ? Sentence.Of($"The shares of an agreement are basis points and add up to {Whole}.")
            : ManagerBasisPoints > 0 && Manager is null ? Sentence.Of($"A manager's share needs the manager's name.")
            : DueHours is < 1 or > MostDueHours ? Sentence.Of($"dueHours is how soon a ticket is to be put right, from 1 to {MostDueHours} hours.")
            : Manager is { } name && !Names.IsName(name) ? Names.Problem("manager")
            : null;
    }
}
