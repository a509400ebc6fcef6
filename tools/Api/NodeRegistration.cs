using DePin.Host;

namespace DePin.Tools.Api;

/// <summary>One node as POST /api/nodes takes it: who it is, who runs it, who paid for it, and how they share.</summary>
internal sealed record NodeRegistration(
    string PublicKey,
    string LoginPassword,
    string DownKey,
    string Profile,
    string Operator,
    string CapitalBuilder,
    string Place,
    double Latitude,
    double Longitude,
    AgreementShares Agreement,
    long? PairedFromUnixSeconds)
{
    /// <summary>Who runs the nodes of a demonstration, in turn.</summary>
    private static readonly string[] Operators = ["amina", "baraka", "chausiku", "daudi"];

    /// <summary>A virtual node with one of the demonstration's operators; the capital builder paid for all of them.</summary>
    public static NodeRegistration OfVirtualNode(Registration node, int index, long? pairedFromUnixSeconds) => new(
        node.PublicKey,
        node.LoginPassword,
        node.DownKey,
        node.Profile,
        Operators[index % Operators.Length],
        "lakeside-fund",
        node.Place,
        node.Latitude,
        node.Longitude,
        AgreementShares.Usual,
        pairedFromUnixSeconds);
}

/// <summary>Basis points of a node's credit; they add to 10,000.</summary>
internal sealed record AgreementShares(int Operator, int CapitalBuilder)
{
    /// <summary>70 % to who runs the node, 30 % to who paid for it.</summary>
    public static AgreementShares Usual { get; } = new(7000, 3000);
}
