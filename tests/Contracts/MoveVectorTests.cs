using System.Text.Json.Nodes;
using DePin.Contracts.Cbor;
using DePin.Contracts.Moving;
using DePin.Contracts.Signing;
using DePin.Contracts.Uplink;
using DePin.Tests.Support;

namespace DePin.Tests.Contracts;

public sealed class MoveVectorTests
{
    [Fact]
    public void Changes_orders_and_reports_are_decoded_and_encoded_to_the_same_bytes()
    {
        JsonArray vectors = Load("moves.json");
        JsonNode[] changes = [.. vectors.Where(vector => vector!["signatures"] is not null)!];
        JsonNode[] reports = [.. vectors.Where(vector => vector!["signature"] is not null)!];
        Assert.Equal((3, 2), (changes.Length, reports.Length));
        foreach (JsonNode vector in changes)
        {
            byte[] bytes = Bytes(vector, "message");
            CountersignedMessage message = CountersignedMessage.Decode(bytes, SettingsChange.SignedBytes, out _)!;
            Assert.Equal(Bytes(vector, "payload"), SettingsChange.Decode(bytes, message.PayloadOffset, message.PayloadLength, out _)!.Encode());
            Assert.Equal(Bytes(vector, "toBeSigned"), message.ToBeSigned(SettingsChange.Context));
        }

        foreach (JsonNode vector in reports)
        {
            byte[] bytes = Bytes(vector, "message");
            SignedMessage message = SignedMessage.Decode(bytes, SettingsReport.MaxBytes, out _)!;
            Assert.Equal(bytes, SignedMessage.Encode(message.Node, SettingsReport.Decode(bytes, message.PayloadOffset, message.PayloadLength, out _)!.Encode(), message.CopySignature()));
        }

        byte[] order = Bytes(Load("messages.json").Single(vector => (string)vector!["name"]! == "settings-order")!, "payload");
        SettingsOrder decoded = SettingsOrder.Decode(order, out _)!;
        Assert.Equal(order, decoded.Encode());
        Assert.Equal(Bytes(changes[0], "message"), decoded.Signed);
    }

    [Fact]
    public void The_largest_change_with_three_signatures_fits_into_a_sealed_message()
    {
        JsonNode largest = Load("moves.json").Single(vector => (string)vector!["name"]! == "largest change")!;
        Assert.Equal(SettingsChange.MaxBytes, Bytes(largest, "payload").Length);
        byte[] order = new SettingsOrder(new DownHeader(DePin.Contracts.Identity.NodeId.FromBytes(new byte[10], 0), new byte[8], (1L << 53) - 1), new byte[SettingsChange.SignedBytes]).Encode();
        byte[] message = SealedMessage.Seal(new DePin.Host.Platform.PlatformDigest(), new byte[32], "topic", order);
        Assert.InRange(message.Length, 1, SealedMessage.MaxBytes);
    }

    /// <summary>Why a refused vector of these formats is refused; null for another kind.</summary>
    internal static string? ReasonFor(string kind, byte[] bytes)
    {
        DecodeError error;
        switch (kind)
        {
            case "settings-change":
                CountersignedMessage? message = CountersignedMessage.Decode(bytes, SettingsChange.SignedBytes, out error);
                bool isTaken = message is not null && SettingsChange.Decode(bytes, message.PayloadOffset, message.PayloadLength, out error) is not null;
                return isTaken ? UpdateVectorTests.SignatureReason(message!, SettingsChange.Context, "release-") : error.ToString();
            case "settings-order":
                return SettingsOrder.Decode(bytes, out error) is null ? error.ToString() : "taken";
            case "settings-report":
                SignedMessage? signed = SignedMessage.Decode(bytes, SettingsReport.MaxBytes, out error);
                return signed is not null && SettingsReport.Decode(bytes, signed.PayloadOffset, signed.PayloadLength, out error) is not null ? "taken" : error.ToString();
            default:
                return null;
        }
    }

    private static JsonArray Load(string file) => JsonNode.Parse(File.ReadAllText(Path.Combine(Checkout.Vectors, file)))!.AsArray();

    private static byte[] Bytes(JsonNode vector, string field) => Convert.FromHexString((string)vector[field]!);
}
