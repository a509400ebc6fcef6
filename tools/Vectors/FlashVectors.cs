using System.Text;
using System.Text.Json.Nodes;
using DePin.Contracts.Cbor;
using DePin.Contracts.Flashing;
using DePin.Contracts.Identity;
using DePin.Contracts.Signing;
using DePin.Host.Platform;

namespace DePin.Tools.Vectors;

/// <summary>One line of every kind that passes between the tool and a board, and what must be refused of it.</summary>
internal static class FlashVectors
{
    private static readonly byte[] Entropy = [.. Enumerable.Range(1, FlashRequest.EntropyBytes).Select(i => (byte)i)];
    private static readonly byte[] Nonce = [.. Enumerable.Range(101, BoardIdentity.NonceBytes).Select(i => (byte)i)];

    public static JsonArray Build(TestKey key, KnownSignatures signatures)
    {
        NodeId node = key.Node;
        byte[] settings = Settings().Encode();
        byte[] payload = BoardIdentity.Payload(key.PublicKey, Entropy, Nonce);
        byte[] signature = signatures.Of("lamp", key, SignedMessage.FlashContext, payload);
        var identity = new BoardIdentity
        {
            Proof = SignedMessage.Encode(node, payload, signature),
            LoginPassword = NodeSecret.LoginKey(new PlatformDigest(), key.Secret),
            DownKey = key.DownKey,
        };
        JsonObject proof = Line("flash-identity", new FlashAnswer(18, 2) { Identity = identity }.Encode());
        proof["key"] = "lamp";
        proof["context"] = SignedMessage.FlashContext;
        proof["payload"] = Convert.ToHexStringLower(payload);
        proof["signature"] = Convert.ToHexStringLower(signature);
        return
        [
            Line("ask-hello", new FlashRequest(FlashRequest.Hello, 1).Encode()),
            Line("ask-provision", Provision(settings, []).Encode()),
            Line("ask-provision", Provision(settings, node.ToBytes()).Encode(), "ask-provision, a key to succeed"),
            Line("ask", new FlashRequest(FlashRequest.ReadBack, 3).Encode(), "ask read-back"),
            Line("ask", new FlashRequest(FlashRequest.Restart, 4).Encode(), "ask restart"),
            Line("ask", new FlashRequest(FlashRequest.SelfTest, 5).Encode(), "ask self-test"),
            Line("ask-calibrate", new FlashRequest(FlashRequest.Calibrate, 6) { Gains = [1_000_000, 1_012_345, 999_000] }.Encode()),
            Line("ask-log", new FlashRequest(FlashRequest.Log, 7) { From = 2048 }.Encode()),
            Line("ask-network", new FlashRequest(FlashRequest.Network, 8).Encode()),
            Line("ask-scrap", new FlashRequest(FlashRequest.Scrap, 9) { Node = node.ToBytes() }.Encode()),
            Line("flash-hello", new FlashAnswer(17, 1) { Hello = Hello(node) }.Encode()),
            proof,
            Line("flash-read-back", new FlashAnswer(19, 3) { SettingsHash = new PlatformDigest().Sha256(settings, 0, settings.Length) }.Encode()),
            Line("flash-restarts", new FlashAnswer(20, 4).Encode()),
            Line("flash-self-test", new FlashAnswer(21, 5) { SelfTest = SelfTest() }.Encode()),
            Line("flash-calibrated", new FlashAnswer(22, 6).Encode()),
            Line("flash-log", new FlashAnswer(23, 7) { Log = new BoardLogPage { From = 2048, End = 2063, Text = Encoding.ASCII.GetBytes("12 start 3 of X\n")[..15] } }.Encode()),
            Line("flash-network", new FlashAnswer(24, 8) { Network = new BoardNetwork { State = BoardNetwork.Searching, Reason = "network 1 does not answer" } }.Encode()),
            Line("flash-scrapped", new FlashAnswer(25, 9).Encode()),
            Line("flash-refused", new FlashAnswer(FlashAnswer.Refused, 2) { Refusal = FlashRefusal.OtherIdentity }.Encode()),
        ];
    }

    /// <summary>What must be refused.</summary>
    public static IEnumerable<JsonObject> Refused(TestKey key)
    {
        byte[] settings = Settings().Encode();
        byte[] provision = Provision(settings, []).Encode();
        yield return RefusedOthers.Refused("flash-ask", "request of format 2", DecodeError.UnknownFormat, [0x83, 2, 1, 1]);
        yield return RefusedOthers.Refused("flash-ask", "request 10", DecodeError.OutOfRange, [0x83, 1, 10, 1]);
        yield return RefusedOthers.Refused("flash-ask", "hello with a fourth item", DecodeError.WrongLength, [0x84, 1, 1, 1, 0]);
        yield return RefusedOthers.Refused("flash-ask", "provision with a byte behind it", DecodeError.TrailingBytes, [.. provision, 0]);
        yield return RefusedOthers.Refused("flash-ask", "provision cut off", DecodeError.Truncated, provision[..^3]);
        yield return RefusedOthers.Refused("flash-ask", "provision with half a node id", DecodeError.Inconsistent, Provision(settings, key.Node.ToBytes()[..5]).Encode());
        yield return RefusedOthers.Refused("flash-ask", "correction of 11 %", DecodeError.OutOfRange, new FlashRequest(FlashRequest.Calibrate, 1) { Gains = [1_110_000, 1_000_000, 1_000_000] }.Encode());
        yield return RefusedOthers.Refused("flash-ask", "two corrections", DecodeError.WrongLength, new FlashRequest(FlashRequest.Calibrate, 1) { Gains = [1_000_000, 1_000_000] }.Encode());
        yield return RefusedOthers.Refused("flash-answer", "answer 26", DecodeError.OutOfRange, [0x83, 1, 0x18, 26, 1]);
        yield return RefusedOthers.Refused("flash-answer", "refusal for 8", DecodeError.OutOfRange, [0x84, 1, 0x18, 31, 1, 8]);
        yield return RefusedOthers.Refused("flash-answer", "page that ends before its text", DecodeError.Inconsistent, new FlashAnswer(23, 1) { Log = new BoardLogPage { From = 5, End = 6, Text = [1, 2] } }.Encode());
        NodeSettings four = Settings();
        four.NetworkNames = [.. Enumerable.Repeat("net"u8.ToArray(), 4)];
        four.NetworkKeys = [.. Enumerable.Repeat(Array.Empty<byte>(), 4)];
        yield return RefusedOthers.Refused("node-settings", "four networks", DecodeError.WrongLength, four.Encode());
        NodeSettings portless = Settings();
        portless.Port = 0;
        yield return RefusedOthers.Refused("node-settings", "port 0", DecodeError.OutOfRange, portless.Encode());
        NodeSettings trustless = Settings();
        trustless.Anchors = [];
        yield return RefusedOthers.Refused("node-settings", "nobody to trust", DecodeError.WrongLength, trustless.Encode());
    }

    private static FlashRequest Provision(byte[] settings, byte[] node) =>
        new(FlashRequest.Provision, 2) { Entropy = Entropy, UnixSeconds = 1_790_000_000, Settings = settings, Node = node };

    private static NodeSettings Settings() => new()
    {
        NetworkNames = ["workshop"u8.ToArray(), "Café"u8.ToArray()],
        NetworkKeys = ["secret key"u8.ToArray(), []],
        Host = "fleet.example",
        Port = 8883,
        Anchors = [[0x30, 0x03, 0x02, 0x01, 0x01]],
        Profile = 1,
        ReleaseKeys = [[2, .. Enumerable.Repeat((byte)7, 32)]],
        RootKeys = [],
    };

    private static BoardHello Hello(NodeId node) => new()
    {
        Chip = "ESP32_PSRAM_REV3",
        Serial = "246f28000001",
        Firmware = Convert.FromHexString("0011223344556677"),
        Profile = 1,
        Node = node.ToBytes(),
        Start = 3_000_000_000,
        Flags = BoardHello.HasSettings | BoardHello.IsCalibrated,
    };

    private static BoardSelfTest SelfTest() => new()
    {
        IdleMicroamps = -100,
        BatteryMillivolts = 3_280,
        Meters =
        [
            new MeterTest { Meter = MeterTest.Panel, IsWell = true, Millivolts = 5_980, Microamps = 0 },
            new MeterTest { Meter = MeterTest.Output, IsWell = true, Millivolts = 3_276, Microamps = 689_400 },
        ],
    };

    private static JsonObject Line(string rule, byte[] message, string? name = null) => new()
    {
        ["name"] = name ?? rule,
        ["rule"] = rule,
        ["message"] = Convert.ToHexStringLower(message),
        ["line"] = Encoding.ASCII.GetString(FlashLine.Encode(message)).TrimEnd('\n'),
    };
}
