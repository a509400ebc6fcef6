using System.Text;
using System.Text.Json.Nodes;
using DePin.Contracts.Cbor;
using DePin.Contracts.Flashing;
using DePin.Contracts.Moving;
using DePin.Contracts.Signing;
using DePin.Contracts.Uplink;

namespace DePin.Tools.Vectors;

/// <summary>Signed changes of where nodes belong, an order that hands one over, a node's reports; and what must be refused of them.</summary>
internal static class MoveVectors
{
    private static readonly byte[] Anchor = [.. Enumerable.Range(0, 450).Select(i => (byte)(i * 5))];

    public static CountersignedVector[] Changes(ReleaseKeys keys, KnownSignatures signatures)
    {
        SettingsChange largest = Good();
        largest.Version = uint.MaxValue;
        largest.Way.NetworkNames = [.. Enumerable.Range(1, NodeSettings.MaxNetworks).Select(i => Encoding.ASCII.GetBytes(new string((char)('0' + i), NodeSettings.NetworkNameBytes)))];
        largest.Way.NetworkKeys = [.. largest.Way.NetworkNames.Select(_ => new byte[NodeSettings.NetworkKeyBytes])];
        largest.Way.Host = new string('h', NodeSettings.HostCharacters);
        largest.Way.Port = 65_535;
        largest.Way.Anchors = [new byte[NodeSettings.AnchorBytes], new byte[226]];
        SettingsChange gatewayAlone = Good();
        gatewayAlone.Version = 2;
        gatewayAlone.Way.NetworkNames = [];
        gatewayAlone.Way.NetworkKeys = [];
        return
        [
            Change("networks, gateway and anchor", Good(), signatures, keys.One, keys.Two),
            Change("gateway and anchor alone, signed by three", gatewayAlone, signatures, keys.Three, keys.Two, keys.One),
            Change("largest change", largest, signatures, keys.Two, keys.Three),
        ];
    }

    public static SignedVector[] Reports(TestKey key, KnownSignatures signatures) =>
    [
        Report("kept", key, GoodReport(key), signatures),
        Report("refused, and its version could not be read", key, Refused(key, 0, SettingsRefusal.Malformed), signatures),
    ];

    public static byte[] Order(TestKey key, CountersignedVector[] changes) =>
        new SettingsOrder(new DownHeader(key.Node, GapVectors.Session, 1012), changes[0].Message).Encode();

    public static IEnumerable<JsonObject> RefusedOnes(TestKey key, ReleaseKeys keys, CountersignedVector[] changes, SignedVector report)
    {
        CountersignedVector good = changes[0];
        JsonObject Bytes(string name, DecodeError reason, byte[] payload) =>
            RefusedOthers.Refused("settings-change", name, reason, CountersignedMessage.Encode(payload, [keys.One.Key.KeyId, keys.Two.Key.KeyId], good.Signatures));
        JsonObject Changed(string name, DecodeError reason, Action<SettingsChange> change)
        {
            SettingsChange settings = Good();
            change(settings);
            return Bytes(name, reason, settings.Encode());
        }

        yield return Changed("settings of version 0", DecodeError.OutOfRange, change => change.Version = 0);
        yield return Changed("settings of version 2^32", DecodeError.OutOfRange, change => change.Version = 1L << 32);
        yield return Changed("settings with four networks", DecodeError.WrongLength, change => (change.Way.NetworkNames, change.Way.NetworkKeys) = ([[1], [2], [3], [4]], [[], [], [], []]));
        yield return Changed("settings with a network without a name", DecodeError.WrongLength, change => change.Way.NetworkNames = [[]]);
        yield return Changed("settings with a key of 65 bytes", DecodeError.WrongLength, change => change.Way.NetworkKeys = [new byte[65]]);
        yield return Changed("settings without a gateway", DecodeError.WrongLength, change => change.Way.Host = "");
        yield return Changed("settings with a gateway that is not ASCII", DecodeError.NotAllowed, change => change.Way.Host = "f\u00e9");
        yield return Changed("settings with port 0", DecodeError.OutOfRange, change => change.Way.Port = 0);
        yield return Changed("settings without an anchor", DecodeError.WrongLength, change => change.Way.Anchors = []);
        yield return Changed("settings with three anchors", DecodeError.WrongLength, change => change.Way.Anchors = [[1], [2], [3]]);
        yield return Changed("settings with a payload over 1700 bytes", DecodeError.TooLarge, change => change.Way.Anchors = [new byte[1024], new byte[700]]);
        yield return Bytes("settings of format 2", DecodeError.UnknownFormat, [0x86, 2, .. good.Payload[2..]]);
        yield return Bytes("settings of five items", DecodeError.WrongLength, [0x85, .. good.Payload[1..]]);
        yield return Bytes("settings with a byte behind them", DecodeError.TrailingBytes, [.. good.Payload, 0]);
        yield return RefusedOthers.Refused("settings-change", "settings with one signature", DecodeError.WrongLength, CountersignedMessage.Encode(good.Payload, [keys.One.Key.KeyId], [good.Signatures[0]]));
        yield return RefusedOthers.Refused("settings-change", "settings over 1972 bytes", DecodeError.TooLarge, [.. good.Message, .. new byte[SettingsChange.SignedBytes]]);
        yield return RefusedOthers.Refused("settings-change", "settings of another version than was signed", nameof(SettingsRefusal.BadSignatures), CountersignedMessage.Encode(changes[1].Payload, [keys.One.Key.KeyId, keys.Two.Key.KeyId], good.Signatures));
        yield return RefusedOthers.Refused("settings-order", "order without a change", DecodeError.WrongLength, new SettingsOrder(new DownHeader(key.Node, GapVectors.Session, 1), []).Encode());
        yield return RefusedOthers.Refused("settings-order", "order with a change over its limit", DecodeError.WrongLength, new SettingsOrder(new DownHeader(key.Node, GapVectors.Session, 1), new byte[SettingsChange.SignedBytes + 1]).Encode());
        yield return RefusedOthers.Refused("settings-order", "order with a byte behind it", DecodeError.TrailingBytes, [.. Order(key, changes), 0]);
        foreach (JsonObject refused in RefusedReports(key, report))
        {
            yield return refused;
        }
    }

    private static IEnumerable<JsonObject> RefusedReports(TestKey key, SignedVector good)
    {
        JsonObject Changed(string name, DecodeError reason, SettingsReport report) =>
            RefusedOthers.Refused("settings-report", name, reason, SignedMessage.Encode(key.Node, report.Encode(), good.Signature));
        SettingsReport With(Action<SettingsReport> change)
        {
            SettingsReport report = GoodReport(key);
            change(report);
            return report;
        }

        yield return Changed("settings report of state 5", DecodeError.OutOfRange, With(report => report.State = (SettingsState)5));
        yield return Changed("settings report of state 0", DecodeError.OutOfRange, With(report => report.State = (SettingsState)0));
        yield return Changed("settings report for refusal 4", DecodeError.OutOfRange, With(report => report.Refusal = (SettingsRefusal)4));
        yield return Changed("settings report that keeps what it refuses", DecodeError.Inconsistent, With(report => report.Refusal = SettingsRefusal.VersionTooLow));
        yield return Changed("settings report that refuses for nothing", DecodeError.Inconsistent, With(report => report.State = SettingsState.Refused));
        yield return Changed("settings report that keeps version 0", DecodeError.Inconsistent, With(report => report.Version = 0));
        yield return RefusedOthers.Refused("settings-report", "settings report over 192 bytes", DecodeError.TooLarge, [.. good.Message, .. new byte[SettingsReport.MaxBytes]]);
    }

    private static SettingsChange Good() => new()
    {
        Version = 1,
        Way = new NodeSettings
        {
            NetworkNames = ["village"u8.ToArray()],
            NetworkKeys = ["a network's key"u8.ToArray()],
            Host = "gateway.example",
            Port = 8883,
            Anchors = [Anchor],
        },
    };

    private static SettingsReport GoodReport(TestKey key)
    {
        SettingsReport report = SettingsReport.Create(key.Node, GapVectors.Session);
        report.Version = 1;
        report.State = SettingsState.Kept;
        return report;
    }

    private static SettingsReport Refused(TestKey key, long version, SettingsRefusal refusal)
    {
        SettingsReport report = SettingsReport.Create(key.Node, GapVectors.Session);
        (report.Version, report.State, report.Refusal) = (version, SettingsState.Refused, refusal);
        return report;
    }

    private static CountersignedVector Change(string name, SettingsChange change, KnownSignatures signatures, params (string Name, TestKey Key)[] signers) =>
        new(name, "settings-change", SettingsChange.Context, change.Encode(), new JsonObject
        {
            ["version"] = change.Version,
            ["networks"] = new JsonArray([.. change.Way.NetworkNames.Select((network, i) => new JsonArray(Convert.ToHexStringLower(network), Convert.ToHexStringLower(change.Way.NetworkKeys[i])))]),
            ["host"] = change.Way.Host,
            ["port"] = change.Way.Port,
            ["anchors"] = new JsonArray([.. change.Way.Anchors.Select(anchor => JsonValue.Create(Convert.ToHexStringLower(anchor)))]),
        }, signatures, signers);

    private static SignedVector Report(string name, TestKey key, SettingsReport report, KnownSignatures signatures)
    {
        var fields = new JsonObject
        {
            ["node"] = key.Node.ToString(),
            ["session"] = Convert.ToHexStringLower(report.Session),
            ["version"] = report.Version,
            ["state"] = (int)report.State,
            ["refusal"] = (int)report.Refusal,
        };
        return new SignedVector(name, "lamp", key, SettingsChange.Context, report.Encode(), fields, signatures);
    }
}
