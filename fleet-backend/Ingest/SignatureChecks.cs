using DePin.Fleet.Nodes;
using DePin.Fleet.Signatures;

namespace DePin.Fleet.Ingest;

/// <summary>
/// Checks signatures of nodes: side by side where some come together and the processor can, else one by one on the platform, which alone says that a signature is wrong.
/// For one thread: keys are its own.
/// </summary>
internal sealed class SignatureChecks(int keyCapacity, bool sideBySide) : IDisposable
{
    // Eight side by side take as long as two on the platform, and fewer take no less.
    private const int LeastSideBySide = 3;

    private readonly VerifyingKeys _keys = new(keyCapacity);

    // Its own table takes 0.1 s to make, so it waits until a fleet is there that needs it.
    private SignatureLanes? _lanes;

    /// <summary>Whether each claim is true, in their order.</summary>
    public bool[] AreRight(IReadOnlyList<Claim> claims)
    {
        bool[] right = new bool[claims.Count];
        if (sideBySide && claims.Count >= LeastSideBySide)
        {
            VouchSideBySide(claims, right);
        }

        for (int i = 0; i < right.Length; i++)
        {
            right[i] = right[i] || _keys.Of(claims[i].Node).VerifyHash(claims[i].Hash, claims[i].Signature.Span);
        }

        return right;
    }

    public void Dispose() => _keys.Dispose();

    private void VouchSideBySide(IReadOnlyList<Claim> claims, bool[] right)
    {
        CombTable?[] tables = _keys.TablesOf([.. claims.Select(claim => claim.Node)]);
        int[] ready = [.. Enumerable.Range(0, claims.Count).Where(i => tables[i] is not null)];
        foreach (int[] some in ready.Chunk(SignatureLanes.Count).Where(some => some.Length >= LeastSideBySide))
        {
            _lanes ??= new SignatureLanes();
            uint vouched = _lanes.Vouch([.. some.Select(i => new SignatureLanes.Check(tables[i]!, claims[i].Hash, claims[i].Signature))]);
            for (int lane = 0; lane < some.Length; lane++)
            {
                right[some[lane]] = (vouched & (1U << lane)) != 0;
            }
        }
    }

    /// <summary>A node is said to have signed something.</summary>
    /// <param name="Node">The node.</param>
    /// <param name="Hash">SHA-256 of what it signed.</param>
    /// <param name="Signature">r and s, 32 bytes each.</param>
    internal sealed record Claim(RegisteredNode Node, byte[] Hash, ReadOnlyMemory<byte> Signature);
}
