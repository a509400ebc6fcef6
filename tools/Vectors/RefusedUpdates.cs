using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DePin.Contracts.Cbor;
using DePin.Contracts.Signing;
using DePin.Contracts.Updates;
using DePin.Contracts.Uplink;

namespace DePin.Tools.Vectors;

/// <summary>What must be refused of releases, rotations, notices, blocks, requests and reports.</summary>
internal static class RefusedUpdates
{
    public static IEnumerable<JsonObject> Build(TestKey key, ReleaseKeys keys, CountersignedVector[] releases, SignedVector report, KnownSignatures signatures) =>
        [.. Envelopes(keys, releases[0], signatures), .. Manifests(keys, releases[0]), .. Rotations(keys, releases[^1], signatures), .. Notices(key, releases), .. Blocks(), .. Reports(key, report)];

    private static IEnumerable<JsonObject> Envelopes(ReleaseKeys keys, CountersignedVector good, KnownSignatures signatures)
    {
        byte[] Signed(params (byte[] KeyId, byte[] Signature)[] by) => CountersignedMessage.Encode(good.Payload, [.. by.Select(one => one.KeyId)], [.. by.Select(one => one.Signature)]);
        JsonObject Release(string name, DecodeError reason, byte[] message) => RefusedOthers.Refused("release", name, reason, message);
        JsonObject Unsigned(string name, byte[] message) => RefusedOthers.Refused("release", name, nameof(UpdateReason.BadSignatures), message);

        byte[] one = keys.One.Key.KeyId, two = keys.Two.Key.KeyId;
        byte[] message = good.Message;
        int signaturesAt = message.Length - 2 * SignatureBytes;
        yield return Release("release with one signature", DecodeError.WrongLength, Signed((one, good.Signatures[0])));
        yield return Release("release with four signatures", DecodeError.WrongLength, Signed((one, good.Signatures[0]), (two, good.Signatures[1]), (new byte[8], good.Signatures[0]), (Ones(8), good.Signatures[0])));
        yield return Release("release signed twice by one key", DecodeError.Inconsistent, Signed((one, good.Signatures[0]), (one, good.Signatures[0])));
        yield return Release("release whose key ids descend", DecodeError.Inconsistent, [.. message[..signaturesAt], .. message[^SignatureBytes..], .. message[signaturesAt..^SignatureBytes]]);
        yield return Release("release with tag 18", DecodeError.WrongHeader, [0xD2, .. message[2..]]);
        yield return Release("release with a protected body header", DecodeError.WrongHeader, [.. message[..3], 0x43, 0xA1, 1, 0x26, .. message[4..]]);
        yield return Release("release with an unprotected body header", DecodeError.WrongLength, [.. message[..4], 0xA1, 4, 0x41, 0, .. message[5..]]);
        yield return Release("release with algorithm ES384", DecodeError.WrongHeader, [.. message[..(signaturesAt + 4)], 0x38, .. message[(signaturesAt + 5)..]]);
        yield return Release("release with a signature (r, n - s)", DecodeError.BadSignatureForm, [.. message[..^32], .. HighS(message[^32..])]);
        yield return Release("release cut off", DecodeError.Truncated, message[..^1]);
        yield return Release("release with a byte behind it", DecodeError.TrailingBytes, [.. message, 0]);
        yield return Release("release over 1400 bytes", DecodeError.TooLarge, [.. message, .. new byte[UpdateLimits.SignedReleaseBytes]]);
        yield return Unsigned("release with a changed signature", [.. message[..^40], (byte)(message[^40] ^ 1), .. message[^39..]]);
        yield return Unsigned("release with the signatures of the keys exchanged", Signed((one, good.Signatures[1]), (two, good.Signatures[0])));
        yield return SignedForNothing("release", "release signed by root keys", ReleaseManifest.Context, good.Payload, keys, signatures);
        ReleaseManifest higher = UpdateVectors.GoodManifest();
        higher.Build++;
        yield return Unsigned("release with another build than was signed", CountersignedMessage.Encode(higher.Encode(), [one, two], good.Signatures));
    }

    private static IEnumerable<JsonObject> Manifests(ReleaseKeys keys, CountersignedVector good)
    {
        JsonObject Bytes(string name, DecodeError reason, byte[] payload) =>
            RefusedOthers.Refused("release", name, reason, CountersignedMessage.Encode(payload, [keys.One.Key.KeyId, keys.Two.Key.KeyId], good.Signatures));

        JsonObject Changed(string name, DecodeError reason, Action<ReleaseManifest> change)
        {
            ReleaseManifest manifest = UpdateVectors.GoodManifest();
            change(manifest);
            return Bytes(name, reason, manifest.Encode());
        }

        yield return Changed("manifest without a release's name", DecodeError.WrongLength, manifest => manifest.Release = "");
        yield return Changed("manifest with a release's name of 33 characters", DecodeError.WrongLength, manifest => manifest.Release = new string('1', 33));
        yield return Changed("manifest with a name that is not ASCII", DecodeError.NotAllowed, manifest => manifest.Release = "1.4.0\u00e9");
        yield return Changed("manifest with build 0", DecodeError.OutOfRange, manifest => manifest.Build = 0);
        yield return Changed("manifest with build over 32 bits", DecodeError.OutOfRange, manifest => manifest.Build = 1L << 32);
        yield return Changed("manifest with security over 32 bits", DecodeError.OutOfRange, manifest => manifest.Security = 1L << 32);
        yield return Changed("manifest with a product of 17 characters", DecodeError.WrongLength, manifest => manifest.Product = new string('p', 17));
        yield return Changed("manifest for no profile", DecodeError.WrongLength, manifest => manifest.Profiles = []);
        yield return Changed("manifest for nine profiles", DecodeError.WrongLength, manifest => manifest.Profiles = [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        yield return Changed("manifest for a profile twice", DecodeError.Inconsistent, manifest => manifest.Profiles = [1, 1]);
        yield return Changed("manifest whose profiles descend", DecodeError.Inconsistent, manifest => manifest.Profiles = [3, 1]);
        yield return Changed("manifest of an empty bundle", DecodeError.OutOfRange, manifest => manifest.BundleBytes = 0);
        yield return Changed("manifest of a bundle over 256 KiB", DecodeError.OutOfRange, manifest => manifest.BundleBytes = UpdateLimits.BundleBytes + 1);
        yield return Changed("manifest with a hash of 31 bytes", DecodeError.WrongLength, manifest => manifest.BundleSha256 = new byte[31]);
        yield return Changed("manifest without an assembly", DecodeError.WrongLength, manifest => manifest.Assembly = "");
        yield return Changed("manifest with battery 1001", DecodeError.OutOfRange, manifest => manifest.BatteryMinPermille = 1001);
        yield return Changed("manifest that expires before it begins", DecodeError.Inconsistent, manifest => manifest.ExpiresUnixSeconds = manifest.NotBeforeUnixSeconds);
        yield return Changed("manifest that returns from its own build", DecodeError.Inconsistent, manifest => manifest.ReturnsFrom = manifest.Build);
        yield return Bytes("manifest of format 2", DecodeError.UnknownFormat, [good.Payload[0], 2, .. good.Payload[2..]]);
        yield return Bytes("manifest of 14 items", DecodeError.WrongLength, [0x8E, .. good.Payload[1..^1]]);
        yield return Bytes("manifest over 1024 bytes", DecodeError.TooLarge, [.. good.Payload, .. new byte[UpdateLimits.ManifestBytes]]);
        int blockBytes = good.Payload.AsSpan().IndexOf((byte[])[0x19, 0x04, 0x00]);
        yield return Bytes("manifest with blocks of 512 bytes", DecodeError.OutOfRange, [.. good.Payload[..blockBytes], 0x19, 0x02, 0x00, .. good.Payload[(blockBytes + 3)..]]);
    }

    private static IEnumerable<JsonObject> Rotations(ReleaseKeys keys, CountersignedVector good, KnownSignatures signatures)
    {
        JsonObject Rotation(string name, DecodeError reason, byte[] payload) =>
            RefusedOthers.Refused("rotation", name, reason, CountersignedMessage.Encode(payload, [keys.RootOne.Key.KeyId, keys.RootTwo.Key.KeyId], good.Signatures));

        byte[] two = keys.Two.Key.PublicKey, three = keys.Three.Key.PublicKey;
        yield return Rotation("rotation of version 0", DecodeError.OutOfRange, new KeyRotation(0, [two, three]).Encode());
        yield return Rotation("rotation to one key", DecodeError.WrongLength, new KeyRotation(1, [two]).Encode());
        yield return Rotation("rotation to six keys", DecodeError.WrongLength, new KeyRotation(1, [two, three, two, three, two, three]).Encode());
        yield return Rotation("rotation to a key twice", DecodeError.Inconsistent, new KeyRotation(1, [two, three, two]).Encode());
        yield return Rotation("rotation to a key that is not compressed", DecodeError.Inconsistent, new KeyRotation(1, [two, [4, .. three[1..]]]).Encode());
        yield return Rotation("rotation to a key of 32 bytes", DecodeError.WrongLength, new KeyRotation(1, [two, three[1..]]).Encode());
        yield return RefusedOthers.Refused("rotation", "rotation over 512 bytes", DecodeError.TooLarge, [.. good.Message, .. new byte[UpdateLimits.SignedRotationBytes]]);
        yield return SignedForNothing("rotation", "rotation under a release's context", ReleaseManifest.Context, good.Payload, keys, signatures);
    }

    private static IEnumerable<JsonObject> Notices(TestKey key, CountersignedVector[] releases)
    {
        DownHeader header = new(key.Node, GapVectors.Session, 11);
        byte[] hash = SHA256.HashData(releases[0].Payload);
        JsonObject Notice(string name, DecodeError reason, byte[] payload) => RefusedOthers.Refused("update", name, reason, payload);

        byte[] busy = UpdateNotice.ForBusy(header, 1, hash, 90).Encode();
        int kindAt = busy.Length - 2 - 34 - 2;
        yield return Notice("notice of kind 0", DecodeError.OutOfRange, [.. busy[..kindAt], 0, .. busy[(kindAt + 1)..]]);
        yield return Notice("notice of kind 6", DecodeError.OutOfRange, [.. busy[..kindAt], 6, .. busy[(kindAt + 1)..]]);
        yield return Notice("offer of attempt 0", DecodeError.OutOfRange, UpdateNotice.ForOffer(header, 0, releases[0].Message).Encode());
        yield return Notice("offer of nothing", DecodeError.WrongLength, UpdateNotice.ForOffer(header, 1, []).Encode());
        yield return Notice("offer of 1401 bytes", DecodeError.WrongLength, UpdateNotice.ForOffer(header, 1, new byte[UpdateLimits.SignedReleaseBytes + 1]).Encode());
        yield return Notice("withdrawn offer for reason 0", DecodeError.OutOfRange, UpdateNotice.ForWithdraw(header, 1, hash, (DePin.Contracts.Updates.UpdateWithdrawal)0).Encode());
        yield return Notice("withdrawn offer for reason 5", DecodeError.OutOfRange, UpdateNotice.ForWithdraw(header, 1, hash, (UpdateWithdrawal)5).Encode());
        yield return Notice("withdrawn offer with a release's id for its hash", DecodeError.WrongLength, UpdateNotice.ForWithdraw(header, 1, hash[..8], UpdateWithdrawal.Stopped).Encode());
        yield return Notice("busy for 0 s", DecodeError.OutOfRange, UpdateNotice.ForBusy(header, 1, hash, 0).Encode());
        yield return Notice("busy for 86401 s", DecodeError.OutOfRange, UpdateNotice.ForBusy(header, 1, hash, 86_401).Encode());
        yield return Notice("keys of 513 bytes", DecodeError.WrongLength, UpdateNotice.ForKeys(header, new byte[UpdateLimits.SignedRotationBytes + 1]).Encode());
        yield return Notice("heard of report 0", DecodeError.OutOfRange, UpdateNotice.ForHeard(header, 1, hash, 0).Encode());
        yield return Notice("busy of 7 items", DecodeError.WrongLength, [0x87, .. busy[1..^2]]);
        yield return Notice("busy with a byte behind it", DecodeError.TrailingBytes, [.. busy, 0]);
    }

    private static IEnumerable<JsonObject> Blocks()
    {
        byte[] id = Ones(8);
        byte[] request = UpdateVectors.Request();
        yield return RefusedOthers.Refused("update-block", "block 256", DecodeError.OutOfRange, new UpdateBlock(id, 256, [1]).Encode());
        yield return RefusedOthers.Refused("update-block", "block without bytes", DecodeError.WrongLength, new UpdateBlock(id, 0, []).Encode());
        yield return RefusedOthers.Refused("update-block", "block of 1025 bytes", DecodeError.WrongLength, new UpdateBlock(id, 0, new byte[1025]).Encode());
        yield return RefusedOthers.Refused("update-block", "block of half a release's id", DecodeError.WrongLength, new UpdateBlock(id[..4], 0, [1]).Encode());
        yield return RefusedOthers.Refused("update-block", "block of format 2", DecodeError.UnknownFormat, [0x84, 2, .. new UpdateBlock(id, 0, [1]).Encode()[2..]]);
        yield return RefusedOthers.Refused("update-block", "block cut off", DecodeError.Truncated, UpdateVectors.LastBlock()[..^1]);
        yield return RefusedOthers.Refused("update-block", "block over its limit", DecodeError.TooLarge, [.. UpdateVectors.LastBlock(), .. new byte[UpdateLimits.BlockMessageBytes]]);
        yield return RefusedOthers.Refused("block-request", "request for 0 blocks", DecodeError.OutOfRange, new BlockRequest(GapVectors.Session, id, 0, 0).Encode());
        yield return RefusedOthers.Refused("block-request", "request for 9 blocks", DecodeError.OutOfRange, new BlockRequest(GapVectors.Session, id, 0, 9).Encode());
        yield return RefusedOthers.Refused("block-request", "request for block 256", DecodeError.OutOfRange, new BlockRequest(GapVectors.Session, id, 256, 1).Encode());
        yield return RefusedOthers.Refused("block-request", "request with a session of 7 bytes", DecodeError.WrongLength, new BlockRequest(new byte[7], id, 0, 1).Encode());
        yield return RefusedOthers.Refused("block-request", "request for blocks of format 2", DecodeError.UnknownFormat, [0x85, 2, .. request[2..]]);
        yield return RefusedOthers.Refused("block-request", "request with a byte behind it", DecodeError.TrailingBytes, [.. request, 0]);
        yield return RefusedOthers.Refused("block-request", "request over 32 bytes", DecodeError.TooLarge, [.. request, .. new byte[32]]);
    }

    private static IEnumerable<JsonObject> Reports(TestKey key, SignedVector good)
    {
        JsonObject Changed(string name, DecodeError reason, Action<UpdateReport> change)
        {
            UpdateReport report = UpdateVectors.GoodReport(key);
            change(report);
            return RefusedOthers.Refused("update-report", name, reason, SignedMessage.Encode(key.Node, report.Encode(), good.Signature));
        }

        yield return Changed("report of state 0", DecodeError.OutOfRange, report => report.State = (DePin.Contracts.Updates.UpdateState)0);
        yield return Changed("report of state 9", DecodeError.OutOfRange, report => report.State = (UpdateState)9);
        yield return Changed("report for reason 30", DecodeError.OutOfRange, report => report.Reason = (UpdateReason)30);
        yield return Changed("report that went back for no reason", DecodeError.Inconsistent, report => report.Reason = UpdateReason.None);
        yield return Changed("report that confirms for a reason", DecodeError.Inconsistent, report => report.State = UpdateState.Confirmed);
        yield return Changed("report that waits for a signature", DecodeError.Inconsistent, report => (report.State, report.Reason) = (UpdateState.Waiting, UpdateReason.BadSignatures));
        yield return Changed("report with counter 0", DecodeError.OutOfRange, report => report.Counter = 0);
        yield return Changed("report with 257 blocks", DecodeError.OutOfRange, report => report.BlocksHeld = 257);
        yield return Changed("report with boot over 32 bits", DecodeError.OutOfRange, report => report.Boot = 1L << 32);
        yield return Changed("report with sequence 0", DecodeError.OutOfRange, report => report.Sequence = 0);
        yield return RefusedOthers.Refused("update-report", "report of 11 items", DecodeError.WrongLength, SignedMessage.Encode(key.Node, [0x8B, .. good.Payload[1..]], good.Signature));
        yield return RefusedOthers.Refused("update-report", "report over 512 bytes", DecodeError.TooLarge, [.. good.Message, .. new byte[512]]);
    }

    // Signatures that are right in themselves, by the root keys, under a context that is not theirs or the payload's.
    private static JsonObject SignedForNothing(string kind, string name, string context, byte[] payload, ReleaseKeys keys, KnownSignatures signatures)
    {
        var vector = new CountersignedVector(name, kind, context, payload, new JsonObject(), signatures, keys.RootOne, keys.RootTwo);
        JsonObject whole = vector.ToJson();
        JsonObject refused = RefusedOthers.Refused(kind, name, nameof(UpdateReason.BadSignatures), vector.Message);
        foreach (string field in (string[])["context", "payload", "signatures"])
        {
            refused[field] = whole[field]!.DeepClone();
        }

        return refused;
    }

    // [h'A10126', {4: 8 bytes}, 64 bytes]
    private const int SignatureBytes = 1 + 4 + 2 + 9 + 2 + 64;

    private static byte[] Ones(int length) => [.. Enumerable.Repeat((byte)0xFF, length)];

    private static byte[] HighS(byte[] s)
    {
        var value = new System.Numerics.BigInteger(SignatureForm.Order(), isUnsigned: true, isBigEndian: true) - new System.Numerics.BigInteger(s, isUnsigned: true, isBigEndian: true);
        return value.ToByteArray(isUnsigned: true, isBigEndian: true);
    }
}
