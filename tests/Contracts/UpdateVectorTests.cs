using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DePin.Contracts.Cbor;
using DePin.Contracts.Signing;
using DePin.Contracts.Updates;
using DePin.Host.Platform;
using DePin.Tests.Support;

namespace DePin.Tests.Contracts;

public sealed class UpdateVectorTests
{
    [Fact]
    public void A_release_is_decoded_and_encoded_to_the_same_bytes_whatever_the_order_of_those_who_signed()
    {
        foreach (JsonNode? vector in Load("releases.json"))
        {
            byte[] bytes = Bytes(vector!, "message");
            CountersignedMessage message = Assert.IsType<CountersignedMessage>(CountersignedMessage.Decode(bytes, UpdateLimits.SignedReleaseBytes, out _));
            byte[] payload = (string)vector!["rule"]! == "key-rotation"
                ? KeyRotation.Decode(bytes, message.PayloadOffset, message.PayloadLength, out _)!.Encode()
                : SignedRelease.Decode(bytes, out _)!.Manifest.Encode();
            Assert.Equal(Bytes(vector, "payload"), payload);
            Assert.Equal(Bytes(vector, "toBeSigned"), message.ToBeSigned((string)vector["context"]!));
            int[] order = [.. Enumerable.Range(0, message.Signatures)];
            Assert.Equal(bytes, CountersignedMessage.Encode(payload, [.. order.Select(message.CopyKeyId)], [.. order.Select(message.CopySignature)]));
            Assert.Equal(bytes, CountersignedMessage.Encode(payload, [.. order.Reverse().Select(message.CopyKeyId)], [.. order.Reverse().Select(message.CopySignature)]));
        }
    }

    [Fact]
    public void Only_the_tool_that_signs_reads_a_release_with_one_signature()
    {
        byte[] one = Bytes(Load("refused.json").Single(vector => (string)vector!["name"]! == "release with one signature")!, "message");
        Assert.Null(SignedRelease.Decode(one, out _));
        Assert.Equal(1, SignedRelease.Decode(one, out _, signaturesMin: 1)!.Envelope.Signatures);
    }

    [Fact]
    public void Notices_a_block_a_request_and_reports_are_decoded_and_encoded_to_the_same_bytes()
    {
        Dictionary<string, JsonNode> messages = Load("messages.json").ToDictionary(vector => (string)vector!["name"]!, vector => vector!, StringComparer.Ordinal);
        string[] notices = [.. messages.Keys.Where(name => name is "update-offer" or "update-withdraw" or "update-busy" or "update-keys" or "update-heard")];
        Assert.Equal(5, notices.Length);
        Assert.All(notices, name => Assert.Equal(Bytes(messages[name], "payload"), UpdateNotice.Decode(Bytes(messages[name], "payload"), out _)!.Encode()));
        Assert.All(notices, name => Assert.False(UpdateBlock.IsBlock(Bytes(messages[name], "message"))));
        byte[] block = Bytes(messages["update-block"], "message"), request = Bytes(messages["block-request"], "message");
        Assert.Equal(block, UpdateBlock.Decode(block, out _)!.Encode());
        Assert.True(UpdateBlock.IsBlock(block));
        Assert.Equal(request, BlockRequest.Decode(request, out _)!.Encode());
        Assert.True(BlockRequest.IsRequest(request));
        foreach (JsonNode? vector in Load("reports.json"))
        {
            byte[] bytes = Bytes(vector!, "message");
            Assert.False(BlockRequest.IsRequest(bytes));
            SignedMessage message = Assert.IsType<SignedMessage>(SignedMessage.Decode(bytes, UpdateLimits.SignedReportBytes, out _));
            UpdateReport report = Assert.IsType<UpdateReport>(UpdateReport.Decode(bytes, message.PayloadOffset, message.PayloadLength, out _));
            Assert.Equal(bytes, SignedMessage.Encode(message.Node, report.Encode(), message.CopySignature()));
        }
    }

    [Fact]
    public void Every_reason_belongs_to_exactly_one_state()
    {
        foreach (UpdateReason reason in Enum.GetValues<UpdateReason>().Where(reason => reason != UpdateReason.None))
        {
            Assert.Single(Enum.GetValues<UpdateState>(), state => UpdateReport.AreConsistent(state, reason));
        }
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1024, 1, 1024)]
    [InlineData(1025, 2, 1)]
    [InlineData(127_488, 125, 512)]
    [InlineData(UpdateLimits.BundleBytes, UpdateLimits.Blocks, 1024)]
    public void A_bundle_is_cut_into_whole_blocks_and_what_is_left(int bundle, int blocks, int last)
    {
        Assert.Equal(blocks, UpdateLimits.BlocksOf(bundle));
        Assert.Equal(last, UpdateLimits.BytesOfBlock(bundle, blocks - 1));
        Assert.Equal(bundle, Enumerable.Range(0, blocks).Sum(index => UpdateLimits.BytesOfBlock(bundle, index)));
    }

    /// <summary>Why a refused vector of an update's formats is refused; null for another kind.</summary>
    internal static string? ReasonFor(string kind, byte[] bytes)
    {
        DecodeError error;
        switch (kind)
        {
            case "release":
                SignedRelease? release = SignedRelease.Decode(bytes, out error);
                return release is null ? error.ToString() : SignatureReason(release.Envelope, ReleaseManifest.Context, "release-");
            case "rotation":
                CountersignedMessage? message = CountersignedMessage.Decode(bytes, UpdateLimits.SignedRotationBytes, out error);
                bool isTaken = message is not null && KeyRotation.Decode(bytes, message.PayloadOffset, message.PayloadLength, out error) is not null;
                return isTaken ? SignatureReason(message!, KeyRotation.Context, "root-") : error.ToString();
            case "update-report":
                SignedMessage? signed = SignedMessage.Decode(bytes, UpdateLimits.SignedReportBytes, out error);
                return signed is not null && UpdateReport.Decode(bytes, signed.PayloadOffset, signed.PayloadLength, out error) is not null ? "taken" : error.ToString();
            case "update":
                return UpdateNotice.Decode(bytes, out error) is null ? error.ToString() : "taken";
            case "update-block":
                return UpdateBlock.Decode(bytes, out error) is null ? error.ToString() : "taken";
            case "block-request":
                return BlockRequest.Decode(bytes, out error) is null ? error.ToString() : "taken";
            default:
                return null;
        }
    }

    internal static string SignatureReason(CountersignedMessage message, string context, string trusted)
    {
        int right = 0;
        foreach (JsonNode? key in Load("keys.json").Where(key => ((string)key!["name"]!).StartsWith(trusted, StringComparison.Ordinal)))
        {
            using var ecdsa = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = Bytes(key!, "privateKey") });
            byte[] keyId = CountersignedMessage.KeyId(new PlatformDigest(), Bytes(key!, "publicKey"));
            right += Enumerable.Range(0, message.Signatures).Count(i => message.IsBy(i, keyId) && ecdsa.VerifyData(message.ToBeSigned(context), message.CopySignature(i), HashAlgorithmName.SHA256));
        }

        return right >= CountersignedMessage.SignaturesMin ? "taken" : nameof(UpdateReason.BadSignatures);
    }

    private static JsonArray Load(string file) => JsonNode.Parse(File.ReadAllText(Path.Combine(Checkout.Vectors, file)))!.AsArray();

    private static byte[] Bytes(JsonNode vector, string field) => Convert.FromHexString((string)vector[field]!);
}
