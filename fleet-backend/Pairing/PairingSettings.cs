using DePin.Fleet.Crediting;

namespace DePin.Fleet.Pairing;

/// <summary>What a pairing begins with.</summary>
public sealed record PairingSettings
{
    /// <summary>The operator's share of a node that is paired by its label, basis points; a later agreement may change it.</summary>
    public int OperatorBasisPoints { get; init; } = 7000;

    /// <summary>The share of who paid for it; the rest is the reserve's.</summary>
    public int CapitalBuilderBasisPoints { get; init; } = 3000;

    /// <summary>Seconds that a challenge lives.</summary>
    public int ChallengeSeconds { get; init; } = 120;

    /// <summary>Who shares at first.</summary>
    internal Agreement FirstAgreement => new(OperatorBasisPoints, CapitalBuilderBasisPoints, ReserveBasisPoints: Agreement.Whole - OperatorBasisPoints - CapitalBuilderBasisPoints);

    /// <summary>The first setting that is out of its bounds, as a sentence, or null.</summary>
    internal string? Problem() =>
        FirstAgreement.Problem() is { } problem ? $"pairing: {problem}"
        : ChallengeSeconds is < 10 or > 120 ? "pairing.challengeSeconds must be a number from 10 to 120."
        : null;
}
