using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DePin.Contracts.Cbor;
using DePin.Contracts.Pairing;
using DePin.Contracts.Signing;
using DePin.Contracts.Uplink;

namespace DePin.Tools.Vectors;

/// <summary>A pairing's challenge in its three kinds, the node's signed answer, and what must be refused of both.</summary>
internal static class PairVectors
{
    private static readonly byte[] Nonce = Convert.FromHexString("b0b1b2b3b4b5b6b7b8b9babbbcbdbebf");
    private static readonly byte[] Claim = SHA256.HashData(Convert.FromHexString("c0c1c2c3c4c5c6c7c8c9"));

    public static PairChallenge Challenge(TestKey key, int kind, long counter) =>
        new(new DownHeader(key.Node, GapVectors.Session, counter), kind, Nonce, Claim, 3, 120, kind == PairChallenge.Withdrawn ? PairWithdrawal.TwoAtOnce : 0);

    public static SignedVector Answer(TestKey key, KnownSignatures signatures)
    {
        PairAnswer answer = GoodAnswer(key);
        var fields = new JsonObject
        {
            ["node"] = key.Node.ToString(),
            ["session"] = Convert.ToHexStringLower(answer.Session),
            ["nonce"] = Convert.ToHexStringLower(answer.Nonce),
            ["claim"] = Convert.ToHexStringLower(answer.Claim),
            ["presses"] = answer.Presses,
            ["boot"] = answer.Boot,
            ["sequence"] = answer.Sequence,
        };
        return new SignedVector("three presses", "lamp", key, SignedMessage.PairContext, answer.Encode(), fields, signatures);
    }

    public static IEnumerable<JsonObject> Refused(TestKey key, SignedVector answer) => [.. Challenges(key), .. Answers(key, answer)];

    private static IEnumerable<JsonObject> Challenges(TestKey key)
    {
        JsonObject Payload(string name, DecodeError reason, int kind = 1, byte[]? nonce = null, byte[]? claim = null, int presses = 2, int seconds = 120, int why = 0)
        {
            var header = new DownHeader(key.Node, GapVectors.Session, 11);
            return RefusedOthers.Refused("pair-challenge", name, reason, new PairChallenge(header, kind, nonce ?? Nonce, claim ?? Claim, presses, seconds, why).Encode());
        }

        byte[] good = Challenge(key, PairChallenge.Challenge, 11).Encode();
        yield return Payload("challenge of kind 0", DecodeError.OutOfRange, kind: 0);
        yield return Payload("challenge of kind 4", DecodeError.OutOfRange, kind: 4);
        yield return Payload("challenge for 1 press", DecodeError.OutOfRange, presses: 1);
        yield return Payload("challenge for 6 presses", DecodeError.OutOfRange, presses: 6);
        yield return Payload("challenge of 0 s", DecodeError.OutOfRange, seconds: 0);
        yield return Payload("challenge of 121 s", DecodeError.OutOfRange, seconds: 121);
        yield return Payload("challenge with a nonce of 15 bytes", DecodeError.WrongLength, nonce: new byte[15]);
        yield return Payload("challenge with a claim instead of its hash", DecodeError.WrongLength, claim: new byte[10]);
        yield return Payload("withdrawn for reason 0", DecodeError.OutOfRange, kind: 3);
        yield return Payload("withdrawn for reason 5", DecodeError.OutOfRange, kind: 3, why: 5);
        yield return RefusedOthers.Refused("pair-challenge", "challenge with a reason", DecodeError.WrongLength, [0x8A, .. good[1..], 1]);
        yield return RefusedOthers.Refused("pair-challenge", "challenge with a byte behind it", DecodeError.TrailingBytes, [.. good, 0]);
    }

    private static IEnumerable<JsonObject> Answers(TestKey key, SignedVector good)
    {
        JsonObject Changed(string name, DecodeError reason, Action<PairAnswer> change)
        {
            PairAnswer answer = GoodAnswer(key);
            change(answer);
            return RefusedOthers.Refused("pair-answer", name, reason, SignedMessage.Encode(key.Node, answer.Encode(), good.Signature));
        }

        yield return Changed("answer with 1 press", DecodeError.OutOfRange, answer => answer.Presses = 1);
        yield return Changed("answer with 6 presses", DecodeError.OutOfRange, answer => answer.Presses = 6);
        yield return Changed("answer with boot over 32 bits", DecodeError.OutOfRange, answer => answer.Boot = 1L << 32);
        yield return Changed("answer with sequence 0", DecodeError.OutOfRange, answer => answer.Sequence = 0);
        yield return RefusedOthers.Refused("pair-answer", "answer with 7 items", DecodeError.WrongLength, SignedMessage.Encode(key.Node, [0x87, .. good.Payload[1..]], good.Signature));
        yield return RefusedOthers.Refused("pair-answer", "answer with a byte behind it", DecodeError.TrailingBytes, [.. good.Message, 0]);
        yield return RefusedOthers.Refused("pair-answer", "answer over 512 bytes", DecodeError.TooLarge, [.. good.Message, .. new byte[512]]);
    }

    private static PairAnswer GoodAnswer(TestKey key)
    {
        PairAnswer answer = PairAnswer.Create(key.Node, GapVectors.Session, Nonce, Claim);
        answer.Presses = 3;
        answer.Boot = 3;
        answer.Sequence = 112;
        return answer;
    }
}
