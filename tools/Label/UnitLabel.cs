using DePin.Contracts.Identity;
using DePin.Contracts.Pairing;

namespace DePin.Tools.Label;

/// <summary>
/// What one node's label says. Every member is checked when it is made, so a label that exists can be printed.
/// </summary>
internal sealed class UnitLabel
{
    /// <summary>Characters of a host with its port: with them the QR code still has modules that a phone can see on a small label.</summary>
    private const int MostHostCharacters = 100;

    private const int MostProfileCharacters = 40;

    private UnitLabel(NodeId node, Claim claim, string host, string profile)
    {
        Node = node;
        Claim = claim;
        Profile = profile;
        Address = $"HTTPS://{host.ToUpperInvariant()}/P/{node}/{claim.ToText()}";
    }

    /// <summary>The node.</summary>
    public NodeId Node { get; }

    /// <summary>What pairs it: for the label alone, never for a log.</summary>
    public Claim Claim { get; }

    /// <summary>Name of the hardware profile.</summary>
    public string Profile { get; }

    /// <summary>What the QR code says: HTTPS://HOST/P/NODEID/CLAIM in upper case.</summary>
    public string Address { get; }

    /// <summary>Reads the four things that make a label, as people typed them.</summary>
    /// <exception cref="CommandException">One of them is wrong; the sentence never repeats the claim.</exception>
    public static UnitLabel Read(string node, string claim, string host, string profile)
    {
        NodeId id = NodeId.Parse(node) ?? throw CommandException.WrongInput($"'{Shown(node)}' is no node id: 16 characters such as KX4M-7Q2P-9ABC-DEFG; no label was made.");
        Claim read = Claim.Parse(claim) ?? throw CommandException.WrongInput($"The claim of node {id.ToReadable()} is none: it has 16 characters like a node id; no label was made.");
        CheckHost(host);
        if (profile.Length is 0 or > MostProfileCharacters || !profile.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_'))
        {
            throw CommandException.WrongInput($"'{Shown(profile)}' is no profile: 1 to {MostProfileCharacters} letters, digits and hyphens such as lamp-small; no label was made.");
        }

        return new UnitLabel(id, read, host, profile);
    }

    private static void CheckHost(string host)
    {
        string[] parts = host.Split(':');
        bool isPort = parts.Length == 1 || (parts.Length == 2 && ushort.TryParse(parts[1], System.Globalization.NumberStyles.None, null, out ushort port) && port > 0);
        bool isName = host.Length <= MostHostCharacters && parts[0].Split('.').All(name =>
            name.Length is > 0 and <= 63 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') && name[0] != '-' && name[^1] != '-');
        if (!isPort || !isName)
        {
            throw CommandException.WrongInput($"'{Shown(host)}' is no host: a name such as fleet.example.org with an optional :PORT, without https:// and path, at most {MostHostCharacters} characters; no label was made.");
        }
    }

    private static string Shown(string text) => text.Length <= 60 ? text : text[..60] + "…";
}
