using System.Text.Json.Nodes;
using DePin.Contracts;
using DePin.Contracts.Metering;
using DePin.Contracts.Pairing;
using DePin.Contracts.Uplink;
using DePin.Host.Platform;

namespace DePin.Tools.Vectors;

/// <summary>Status, will and a request for blocks as they go up; receipt, reject, config, a pairing's challenge and notices of updates and an order to move as they come down, sealed; a block.</summary>
internal static class MessageVectors
{
    public static JsonArray Build(TestKey key, CountersignedVector[] releases, CountersignedVector[] moves)
    {
        var head = new byte[32];
        Array.Fill(head, (byte)0x5A);
        var receipt = new Receipt(new DownHeader(key.Node, GapVectors.Session, 1001), 13, head, new Counters(0, 2946, 0), 1_790_003_605, isCreditHeld: true);
        var reject = new Reject(new DownHeader(key.Node, GapVectors.Session, 1002), 13, head, RejectReason.Fork);
        var config = new Config(new DownHeader(key.Node, GapVectors.Session, 1003), 2, 300, 12, 900);
        return
        [
            Up("status", GoodStatus().Encode()),
            Up("will", Status.EncodeWill(GapVectors.Session)),
            Down(key, "receipt", Topics.Receipt, receipt.Encode()),
            Down(key, "reject", Topics.Reject, reject.Encode()),
            Down(key, "config", Topics.Config, config.Encode()),
            Down(key, "pair-challenge", Topics.PairChallenge, PairVectors.Challenge(key, PairChallenge.Challenge, 1004).Encode()),
            Down(key, "pair-granted", Topics.PairChallenge, PairVectors.Challenge(key, PairChallenge.Granted, 1005).Encode()),
            Down(key, "pair-withdrawn", Topics.PairChallenge, PairVectors.Challenge(key, PairChallenge.Withdrawn, 1006).Encode()),
            .. UpdateVectors.Notices(key, releases).Select(made => Down(key, made.Rule, Topics.Update, made.Notice.Encode())),
            Down(key, "settings-order", Topics.SettingsOrder, MoveVectors.Order(key, moves)),
            Up("update-block", UpdateVectors.LastBlock()),
            Up("block-request", UpdateVectors.Request()),
        ];
    }

    public static Status GoodStatus()
    {
        Status status = Status.Create(GapVectors.Session, Convert.FromHexString("0011223344556677"));
        status.Boot = 3;
        status.UptimeSeconds = 86_400;
        status.Clock = ClockState.Fresh;
        status.FreeHeapBytes = 61_440;
        status.OutboxBatches = 2;
        status.Sequence = 112;
        status.RssiDbm = -71;
        return status;
    }

    private static JsonObject Up(string name, byte[] message) => new()
    {
        ["name"] = name,
        ["message"] = Convert.ToHexStringLower(message),
    };

    private static JsonObject Down(TestKey key, string name, string part, byte[] payload)
    {
        string topic = Topics.Of(key.Node.ToString(), part);
        return new JsonObject
        {
            ["name"] = name,
            ["key"] = "lamp",
            ["topic"] = topic,
            ["payload"] = Convert.ToHexStringLower(payload),
            ["message"] = Convert.ToHexStringLower(SealedMessage.Seal(new PlatformDigest(), key.DownKey, topic, payload)),
        };
    }
}
