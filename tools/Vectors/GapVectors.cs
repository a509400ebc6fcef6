using System.Text.Json.Nodes;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;

namespace DePin.Tools.Vectors;

/// <summary>A gap that is right.</summary>
internal static class GapVectors
{
    public static byte[] Session { get; } = Convert.FromHexString("a1a2a3a4a5a6a7a8");

    /// <summary>Readings 1 to 12 are lost, <paramref name="following"/> is where the chain goes on.</summary>
    public static SignedVector Build(TestKey key, SignedVector following, KnownSignatures signatures)
    {
        Gap gap = Gap.Create(key.Node, Session, new Counters(0, 2946, 0), following.Hash);
        gap.From = 1;
        gap.To = 12;
        gap.Reason = GapReason.Dropped;
        var fields = new JsonObject
        {
            ["node"] = key.Node.ToString(),
            ["session"] = Convert.ToHexStringLower(Session),
            ["from"] = gap.From,
            ["to"] = gap.To,
            ["reason"] = gap.Reason,
            ["counters"] = BatchVectors.Numbers(gap.Counters),
            ["nextHash"] = Convert.ToHexStringLower(gap.NextHash),
        };
        return new SignedVector("twelve readings dropped", "lamp", key, SignedMessage.GapContext, gap.Encode(), fields, signatures);
    }
}
