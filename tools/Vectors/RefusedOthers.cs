using System.Text.Json.Nodes;
using DePin.Contracts;
using DePin.Contracts.Cbor;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Contracts.Uplink;
using DePin.Host.Platform;

namespace DePin.Tools.Vectors;

/// <summary>What must be refused of everything that is not a batch: gaps, statuses, and the payloads and seals of messages to a node.</summary>
internal static class RefusedOthers
{
    /// <summary>The reason of a seal that does not open; no decoder says more about it, since nobody may learn more.</summary>
    public const string NotOpened = "NotOpened";

    public static IEnumerable<JsonObject> Build(TestKey key, SignedVector gap) =>
        [.. Gaps(key, gap), .. Statuses(), .. Receipts(key), .. Rejects(key), .. Configs(key), .. Seals(key)];

    private static IEnumerable<JsonObject> Gaps(TestKey key, SignedVector good)
    {
        JsonObject Changed(string name, DecodeError reason, Action<Gap> change)
        {
            Gap gap = Gap.Decode(good.Payload, 0, good.Payload.Length, out _)!;
            change(gap);
            return Refused("gap", name, reason, SignedMessage.Encode(key.Node, gap.Encode(), good.Signature));
        }

        yield return Changed("gap for reason 0", DecodeError.OutOfRange, gap => gap.Reason = 0);
        yield return Changed("gap for reason 5", DecodeError.OutOfRange, gap => gap.Reason = 5);
        yield return Changed("gap from 0", DecodeError.OutOfRange, gap => gap.From = 0);
        yield return Changed("gap that ends before it begins", DecodeError.Inconsistent, gap => gap.From = 13);
        yield return Changed("gap to 2^53", DecodeError.OutOfRange, gap => gap.To = 1L << 53);
        yield return Refused("gap", "gap with a byte behind it", DecodeError.TrailingBytes, [.. good.Message, 0]);
        yield return Refused("gap", "gap over 512 bytes", DecodeError.TooLarge, [.. good.Message, .. new byte[512]]);
        yield return Refused("gap", "gap payload with 7 items", DecodeError.WrongLength, SignedMessage.Encode(key.Node, [0x87, .. good.Payload[1..]], good.Signature));
    }

    private static IEnumerable<JsonObject> Statuses()
    {
        JsonObject Changed(string name, DecodeError reason, Action<Status> change)
        {
            Status status = MessageVectors.GoodStatus();
            change(status);
            return Refused("status", name, reason, status.Encode());
        }

        byte[] will = Status.EncodeWill(GapVectors.Session);
        yield return Changed("status with clock 3", DecodeError.OutOfRange, status => status.Clock = 3);
        yield return Changed("status with sequence 0", DecodeError.OutOfRange, status => status.Sequence = 0);
        yield return Changed("status with rssi 1", DecodeError.OutOfRange, status => status.RssiDbm = 1);
        yield return Changed("status with rssi -201", DecodeError.OutOfRange, status => status.RssiDbm = -201);
        yield return Changed("status with boot over 32 bits", DecodeError.OutOfRange, status => status.Boot = 1L << 32);
        yield return Refused("status", "status of 3 items", DecodeError.WrongLength, [0x83, .. will[1..], 0]);
        yield return Refused("status", "will of format 2", DecodeError.UnknownFormat, [0x82, 2, .. will[2..]]);
        yield return Refused("status", "will with a session of 7 bytes", DecodeError.WrongLength, [0x82, 1, 0x47, .. new byte[7]]);
        yield return Refused("status", "empty status", DecodeError.Truncated, []);
        yield return Refused("status", "status over 128 bytes", DecodeError.TooLarge, [.. will, .. new byte[128]]);
    }

    private static IEnumerable<JsonObject> Receipts(TestKey key)
    {
        JsonObject Payload(string name, DecodeError reason, long counter = 7, long next = 13, int hash = Batch.HashSize, long delivered = 2946, long time = 1_790_000_000) =>
            Refused("receipt", name, reason, new Receipt(Header(key, counter), next, new byte[hash], new Counters(0, delivered, 0), time, isCreditHeld: false).Encode());

        yield return Payload("receipt with next 0", DecodeError.OutOfRange, next: 0);
        yield return Payload("receipt with counter 2^53", DecodeError.OutOfRange, counter: 1L << 53);
        yield return Payload("receipt with a head of 31 bytes", DecodeError.WrongLength, hash: 31);
        yield return Payload("receipt with delivered 2^53", DecodeError.OutOfRange, delivered: 1L << 53);
        yield return Payload("receipt with time 2^53", DecodeError.OutOfRange, time: 1L << 53);
        byte[] good = new Receipt(Header(key, 7), 13, new byte[Batch.HashSize], new Counters(0, 2946, 0), 1_790_000_000, isCreditHeld: false).Encode();
        yield return Refused("receipt", "receipt with held 2", DecodeError.OutOfRange, [.. good[..^1], 2]);
    }

    private static IEnumerable<JsonObject> Rejects(TestKey key)
    {
        JsonObject Payload(string name, DecodeError reason, int rejectReason = 1, int hash = Batch.HashSize) =>
            Refused("reject", name, reason, new Reject(Header(key, 8), 0, new byte[hash], (RejectReason)rejectReason).Encode());

        yield return Payload("reject for reason 0", DecodeError.OutOfRange, rejectReason: 0);
        yield return Payload("reject for reason 7", DecodeError.OutOfRange, rejectReason: 7);
        yield return Payload("reject with a hash of 33 bytes", DecodeError.WrongLength, hash: 33);
    }

    private static IEnumerable<JsonObject> Configs(TestKey key)
    {
        JsonObject Payload(string name, DecodeError reason, long version = 1, int slot = 300, int readings = 12, int status = 900) =>
            Refused("config", name, reason, new Config(Header(key, 9), version, slot, readings, status).Encode());

        yield return Payload("config with version 0", DecodeError.OutOfRange, version: 0);
        yield return Payload("config with slots of 59 s", DecodeError.OutOfRange, slot: 59);
        yield return Payload("config with slots of 3601 s", DecodeError.OutOfRange, slot: 3601);
        yield return Payload("config with no readings", DecodeError.OutOfRange, readings: 0);
        yield return Payload("config with 97 readings", DecodeError.OutOfRange, slot: 60, readings: 97);
        yield return Payload("config with batches over 4 h", DecodeError.Inconsistent, slot: 3600, readings: 5);
        yield return Payload("config with statuses every 59 s", DecodeError.OutOfRange, status: 59);
        yield return Payload("config with statuses every 86401 s", DecodeError.OutOfRange, status: 86_401);
    }

    private static IEnumerable<JsonObject> Seals(TestKey key)
    {
        string topic = Topics.Of(key.Node.ToString(), Topics.Receipt);
        byte[] payload = new Receipt(Header(key, 10), 13, new byte[32], new Counters(0, 2946, 0), 1_790_000_000, isCreditHeld: false).Encode();
        byte[] good = SealedMessage.Seal(new PlatformDigest(), key.DownKey, topic, payload);
        JsonObject Sealed(string name, byte[] message)
        {
            JsonObject refused = Refused("sealed", name, NotOpened, message);
            refused["key"] = "lamp";
            refused["topic"] = topic;
            return refused;
        }

        yield return Sealed("seal with another bit", [.. good[..^1], (byte)(good[^1] ^ 1)]);
        yield return Sealed("seal over another payload", [.. good[..4], (byte)(good[4] ^ 1), .. good[5..]]);
        yield return Sealed("seal for another topic", SealedMessage.Seal(new PlatformDigest(), key.DownKey, Topics.Of(key.Node.ToString(), Topics.Reject), payload));
        yield return Sealed("seal of 15 bytes", [.. good[..^17], 0x4F, .. good[^16..^1]]);
        yield return Sealed("seal with a byte behind it", [.. good, 0]);
        yield return Sealed("seal over 2048 bytes", SealedMessage.Seal(new PlatformDigest(), key.DownKey, topic, new byte[2048]));
    }

    private static DownHeader Header(TestKey key, long counter) => new(key.Node, GapVectors.Session, counter);

    /// <summary>An entry of refused.json.</summary>
    internal static JsonObject Refused(string kind, string name, DecodeError reason, byte[] message) => Refused(kind, name, reason.ToString(), message);

    /// <summary>The same, for a reason that is none of the form.</summary>
    internal static JsonObject Refused(string kind, string name, string reason, byte[] message) => new()
    {
        ["name"] = name,
        ["kind"] = kind,
        ["reason"] = reason,
        ["message"] = Convert.ToHexStringLower(message),
    };
}
