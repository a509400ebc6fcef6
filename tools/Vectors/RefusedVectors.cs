using System.Numerics;
using System.Text.Json.Nodes;
using DePin.Contracts.Cbor;
using DePin.Contracts.Signing;
using DePin.Contracts.Uplink;

namespace DePin.Tools.Vectors;

/// <summary>
/// Inputs that must be refused, each with its reason: the name of a DecodeError where the form is wrong, of a RejectReason where
/// the form is right and the content is not.
/// </summary>
internal static class RefusedVectors
{
    // Where things stand in a batch message with a short payload head: D2 84 43 A1 01 26 A1 04 4A node(10) 59 length(2) payload 58 40 signature.
    private const int PayloadAt = 22;

    public static IEnumerable<JsonObject> Build(TestKey key, TestKey other, SignedVector[] batches, KnownSignatures signatures)
    {
        byte[] good = batches[0].Message;
        byte[] payload = batches[0].Payload;
        var cases = new List<(string Name, byte[] Message, string Reason)>
        {
            ("empty message", [], nameof(DecodeError.Truncated)),
            ("cut in the middle", good[..100], nameof(DecodeError.Truncated)),
            ("a byte follows", [.. good, 0], nameof(DecodeError.TrailingBytes)),
            ("no tag", good[1..], nameof(DecodeError.WrongType)),
            ("tag 17", Change(good, 0, 0xD1), nameof(DecodeError.WrongHeader)),
            ("tag in two bytes", [0xD8, 18, .. good[1..]], nameof(DecodeError.NotShortest)),
            ("array without a length", Change(good, 1, 0x9F), nameof(DecodeError.NotAllowed)),
            ("algorithm ES384", Change(good, 5, 0x38), nameof(DecodeError.WrongHeader)),
            ("empty protected header", [.. good[..2], 0x40, .. good[6..]], nameof(DecodeError.WrongHeader)),
            ("second unprotected header", Change(good, 6, 0xA2), nameof(DecodeError.WrongLength)),
            ("signature of 63 bytes", ShortSignature(good), nameof(DecodeError.WrongLength)),
            ("signature (r, n - s)", HighS(good), nameof(DecodeError.BadSignatureForm)),
            ("r = 0", Overwrite(good, good.Length - 64, new byte[32]), nameof(DecodeError.BadSignatureForm)),
            ("r = order", Overwrite(good, good.Length - 64, SignatureForm.Order()), nameof(DecodeError.BadSignatureForm)),
            ("over 16 KiB", [.. good, .. new byte[16 * 1024]], nameof(DecodeError.TooLarge)),
            ("signature changed", Change(good, good.Length - 40, (byte)(good[^40] ^ 1)), nameof(RejectReason.BadSignature)),
            ("payload changed", Change(good, PayloadAt + payload.Length - 2, (byte)(good[PayloadAt + payload.Length - 2] ^ 1)), nameof(RejectReason.BadSignature)),
        };
        cases.AddRange(Payloads(payload).Select(bad => (bad.Name, SignedMessage.Encode(key.Node, bad.Payload, batches[0].Signature), bad.Reason.ToString())));
        return
        [
            .. cases.Select(refused => Refused(refused.Name, refused.Reason, refused.Message)),
            Signed("signed for a gap", nameof(RejectReason.BadSignature), "lamp", key, SignedMessage.GapContext, payload, signatures),
            Signed("another node inside", nameof(RejectReason.WrongNode), "airnode", other, SignedMessage.BatchContext, payload, signatures),
        ];
    }

    private static JsonObject Refused(string name, string reason, byte[] message) => new()
    {
        ["name"] = name,
        ["kind"] = "batch",
        ["reason"] = reason,
        ["message"] = Convert.ToHexStringLower(message),
    };

    // A signature that is right in itself, over what this key may not sign here.
    private static JsonObject Signed(string name, string reason, string keyName, TestKey key, string context, byte[] payload, KnownSignatures signatures)
    {
        byte[] signature = signatures.Of(keyName, key, context, payload);
        JsonObject refused = Refused(name, reason, SignedMessage.Encode(key.Node, payload, signature));
        refused["key"] = keyName;
        refused["context"] = context;
        refused["payload"] = Convert.ToHexStringLower(payload);
        refused["signature"] = Convert.ToHexStringLower(signature);
        return refused;
    }

    // The payload begins 8C 01 4A node(10) boot sequence(1) 1A opened(4) uptime clock 48 firmware(8) profile 58 20 previous(32) 83 counters 8C readings.
    private static IEnumerable<(string Name, byte[] Payload, DecodeError Reason)> Payloads(byte[] good)
    {
        const int Boot = 13, Clock = 21, Readings = 70, FirstReading = 71;
        yield return ("format 2", Change(good, 1, 2), DecodeError.UnknownFormat);
        yield return ("11 items", Change(good, 0, 0x8B), DecodeError.WrongLength);
        yield return ("boot as text", Change(good, Boot, 0x61), DecodeError.WrongType);
        yield return ("boot as a float", Change(good, Boot, 0xF9), DecodeError.NotAllowed);
        yield return ("boot in two bytes", [.. good[..Boot], 0x18, 1, .. good[(Boot + 1)..]], DecodeError.NotShortest);
        yield return ("boot over 32 bits", [.. good[..Boot], 0x1B, 0, 0, 0, 1, 0, 0, 0, 0, .. good[(Boot + 1)..]], DecodeError.OutOfRange);
        yield return ("boot over 63 bits", [.. good[..Boot], 0x1B, 0x80, 0, 0, 0, 0, 0, 0, 0, .. good[(Boot + 1)..]], DecodeError.OutOfRange);
        yield return ("sequence 0", Change(good, Boot + 1, 0), DecodeError.OutOfRange);
        yield return ("clock 3", Change(good, Clock, 3), DecodeError.OutOfRange);
        yield return ("clock 0 with a time", Change(good, Clock, 0), DecodeError.Inconsistent);
        yield return ("no readings", [.. good[..Readings], 0x80], DecodeError.WrongLength);
        yield return ("97 readings", [.. good[..Readings], 0x98, 97, .. good[FirstReading..]], DecodeError.WrongLength);
        yield return ("reading of 7 items", Change(good, FirstReading, 0x87), DecodeError.WrongLength);
        yield return ("reading of 3601 s", [.. good[..(FirstReading + 1)], 0x19, 0x0E, 0x11, .. good[(FirstReading + 4)..]], DecodeError.OutOfRange);
        yield return ("reading of 0 s", [.. good[..(FirstReading + 1)], 0, .. good[(FirstReading + 4)..]], DecodeError.OutOfRange);
        yield return ("battery 1001", Overwrite(good, FirstReading + 8, [0x19, 0x03, 0xE9]), DecodeError.OutOfRange);
        yield return ("flag 32", [.. good[..(FirstReading + 15)], 0x18, 0x20, .. good[(FirstReading + 16)..]], DecodeError.OutOfRange);
        yield return ("delivery that passes 2^53", [.. good[..(Readings - 2)], 0x1B, 0, 0x1F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, .. good[(Readings - 1)..]], DecodeError.Inconsistent);
    }

    private static byte[] Change(byte[] bytes, int index, byte value) => Overwrite(bytes, index, [value]);

    private static byte[] Overwrite(byte[] bytes, int index, byte[] values)
    {
        byte[] copy = [.. bytes];
        values.CopyTo(copy, index);
        return copy;
    }

    private static byte[] ShortSignature(byte[] good)
    {
        byte[] copy = good[..^1];
        copy[^64] = 63;
        return copy;
    }

    private static byte[] HighS(byte[] good)
    {
        var order = new BigInteger(SignatureForm.Order(), isUnsigned: true, isBigEndian: true);
        var s = new BigInteger(good.AsSpan(good.Length - 32), isUnsigned: true, isBigEndian: true);
        byte[] high = (order - s).ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. good[..^32], .. new byte[32 - high.Length], .. high];
    }
}
