using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DePin.Contracts.Cbor;
using DePin.Contracts.Flashing;
using DePin.Contracts.Identity;
using DePin.Contracts.Metering;
using DePin.Contracts.Pairing;
using DePin.Contracts.Signing;
using DePin.Contracts.Uplink;
using DePin.Host.Platform;
using DePin.Tests.Support;
using DePin.Tools.Fuzz;
using DePin.Tools.Vectors;

namespace DePin.Tests.Contracts;

public sealed class VectorTests
{
    public static TheoryData<string> BatchNames => Names("batches.json");

    public static TheoryData<string> RefusedNames => Names("refused.json");

    [Fact]
    public void The_golden_files_are_what_the_contracts_make() => Assert.Empty(VectorFiles.Check(Checkout.Vectors));

    [Theory]
    [MemberData(nameof(BatchNames))]
    public void A_batch_is_decoded_and_encoded_to_the_same_bytes(string name)
    {
        JsonNode vector = Vector("batches.json", name);
        byte[] bytes = Bytes(vector, "message");
        SignedMessage message = Assert.IsType<SignedMessage>(SignedMessage.Decode(bytes, MeteringLimits.SignedBatchBytes, out _));
        Batch batch = Assert.IsType<Batch>(Batch.Decode(bytes, message.PayloadOffset, message.PayloadLength, out _));
        Assert.Equal(Bytes(vector, "payload"), batch.Encode());
        Assert.Equal(bytes, SignedMessage.Encode(message.Node, batch.Encode(), message.CopySignature()));
        Assert.Equal((long)vector["fields"]!["sequence"]!, batch.Sequence);
        Assert.Equal((string)vector["fields"]!["node"]!, batch.Node.ToString());
    }

    [Theory]
    [MemberData(nameof(RefusedNames))]
    public void An_input_that_must_be_refused_is_refused_for_exactly_its_reason(string name)
    {
        JsonNode vector = Vector("refused.json", name);
        byte[] message = Bytes(vector, "message");
        Assert.Equal((string)vector["reason"]!, (string)vector["kind"]! switch
        {
            "batch" => ReasonFor(message),
            "gap" => GapReasonFor(message),
            "pair-answer" => PairAnswerReasonFor(message),
            "sealed" => SealReasonFor(vector, message),
            string kind when (UpdateVectorTests.ReasonFor(kind, message) ?? MoveVectorTests.ReasonFor(kind, message)) is { } reason => reason,
            string kind => PayloadReasonFor(kind, message),
        });
    }

    [Fact]
    public void A_sealed_message_opens_with_its_key_and_topic_and_with_nothing_else()
    {
        var digest = new PlatformDigest();
        byte[] downKey = Bytes(Vector("keys.json", "lamp"), "downKey");
        foreach (JsonNode? vector in Load("messages.json").Where(vector => vector!["topic"] is not null))
        {
            string topic = (string)vector!["topic"]!;
            Assert.Equal(Bytes(vector, "payload"), SealedMessage.Open(digest, downKey, topic, Bytes(vector, "message")));
            Assert.Null(SealedMessage.Open(digest, new byte[32], topic, Bytes(vector, "message")));
            Assert.Null(SealedMessage.Open(digest, downKey, topic + "x", Bytes(vector, "message")));
        }
    }

    [Fact]
    public void Receipt_reject_config_status_and_will_are_decoded_and_encoded_to_the_same_bytes()
    {
        Assert.Equal(Payload("receipt"), Receipt.Decode(Payload("receipt"), out _)!.Encode());
        Assert.Equal(Payload("reject"), Reject.Decode(Payload("reject"), out _)!.Encode());
        Assert.Equal(Payload("config"), Config.Decode(Payload("config"), out _)!.Encode());
        byte[] status = Bytes(Vector("messages.json", "status"), "message");
        Assert.Equal(status, Status.Decode(status, out _)!.Encode());
        Status will = Status.Decode(Bytes(Vector("messages.json", "will"), "message"), out _)!;
        Assert.True(will.IsOffline);
        byte[] gap = Bytes(Load("gaps.json")[0]!, "payload");
        Assert.Equal(gap, Gap.Decode(gap, 0, gap.Length, out _)!.Encode());

        static byte[] Payload(string name) => Bytes(Vector("messages.json", name), "payload");
    }

    [Fact]
    public void A_pairings_challenge_in_its_three_kinds_and_its_answer_are_decoded_and_encoded_to_the_same_bytes()
    {
        foreach (string name in (string[])["pair-challenge", "pair-granted", "pair-withdrawn"])
        {
            byte[] payload = Bytes(Vector("messages.json", name), "payload");
            PairChallenge challenge = Assert.IsType<PairChallenge>(PairChallenge.Decode(payload, out _));
            Assert.Equal(payload, challenge.Encode());
            Assert.Equal(challenge.Kind == PairChallenge.Withdrawn, challenge.Reason != 0);
        }

        JsonNode vector = Load("pairs.json")[0]!;
        byte[] bytes = Bytes(vector, "message");
        SignedMessage message = Assert.IsType<SignedMessage>(SignedMessage.Decode(bytes, PairAnswer.MaxBytes, out _));
        PairAnswer answer = Assert.IsType<PairAnswer>(PairAnswer.Decode(bytes, message.PayloadOffset, message.PayloadLength, out _));
        Assert.Equal(bytes, SignedMessage.Encode(message.Node, answer.Encode(), message.CopySignature()));
    }

    [Fact]
    public void What_passes_over_the_benchs_wire_is_decoded_and_encoded_to_the_same_bytes()
    {
        foreach (JsonNode? vector in Load("flash.json"))
        {
            byte[] message = Bytes(vector!, "message");
            byte[] line = System.Text.Encoding.ASCII.GetBytes((string)vector!["line"]!);
            Assert.Equal(message, FlashLine.Decode(line, 0, line.Length));
            byte[]? again = ((string)vector["rule"]!).StartsWith("ask", StringComparison.Ordinal) ? FlashRequest.Decode(message, out _)?.Encode() : FlashAnswer.Decode(message, out _)?.Encode();
            Assert.Equal(message, again);
        }
    }

    [Fact]
    public async Task An_independent_decoder_and_openssl_agree_with_every_vector()
    {
        JsonNode counts = await PythonAsync("independent_check.py");
        Assert.Equal(Load("batches.json").Count + Load("gaps.json").Count + Load("pairs.json").Count + Load("reports.json").Count + Load("moves.json").Count(vector => vector!["signature"] is not null) + 1, (int)counts["signatures"]!);
        Assert.Equal(Load("releases.json").Concat(Load("moves.json")).Sum(vector => vector!["signatures"]?.AsArray().Count ?? 0), (int)counts["countersignatures"]!);
        Assert.Equal(Load("flash.json").Count, (int)counts["lines"]!);
        Assert.Equal(Load("messages.json").Count(vector => vector!["topic"] is not null), (int)counts["sealed"]!);
    }

    [Fact]
    public async Task The_grammar_takes_every_vector_and_none_that_is_refused_for_its_form()
    {
        JsonNode counts = await PythonAsync("cddl_check.py");
        Assert.Equal(((string[])["batches", "gaps", "pairs", "reports", "releases", "moves", "messages", "flash"]).Sum(name => Load(name + ".json").Count), (int)counts["taken"]!);
        Assert.True((int)counts["refused"]! > 40, "the refused vectors do not try the grammar's bounds");
    }

    [Fact]
    public void A_hundred_thousand_hostile_inputs_neither_throw_nor_hang_nor_take_memory()
    {
        FuzzResult result = ContractFuzz.Run(Checkout.Vectors, 100_000, 1, null, TestContext.Current.CancellationToken);
        Assert.Empty(result.Problems);
        Assert.True(result.Accepted > 0, "mutations that never make a right input test only the first check");
    }

    private static async Task<JsonNode> PythonAsync(string script)
    {
        var start = new ProcessStartInfo("/usr/bin/python3") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Checkout.File("tests", "Contracts", script));
        start.ArgumentList.Add(Checkout.Vectors);
        using Process python = Process.Start(start)!;
        Task<string> errors = python.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await python.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await python.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(python.ExitCode == 0, $"{await errors}If cbor2 or openssl is missing: apt-get install -y python3-cbor2 openssl");
        return JsonNode.Parse(output)!;
    }

    private static string ReasonFor(byte[] bytes)
    {
        SignedMessage? message = SignedMessage.Decode(bytes, MeteringLimits.SignedBatchBytes, out DecodeError error);
        Batch? batch = message is null ? null : Batch.Decode(bytes, message.PayloadOffset, message.PayloadLength, out error);
        if (message is null || batch is null)
        {
            return error.ToString();
        }

        JsonNode key = Load("keys.json").First(key => (string)key!["nodeId"]! == message.Node.ToString())!;
        using var ecdsa = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = Bytes(key, "privateKey") });
        byte[] signed = SignedMessage.ToBeSigned(SignedMessage.BatchContext, bytes, message.PayloadOffset, message.PayloadLength);
        bool verifies = ecdsa.VerifyData(signed, message.CopySignature(), HashAlgorithmName.SHA256);
        return !verifies ? nameof(RejectReason.BadSignature) : batch.Node.Equals(message.Node) ? "taken" : nameof(RejectReason.WrongNode);
    }

    private static string GapReasonFor(byte[] bytes)
    {
        SignedMessage? message = SignedMessage.Decode(bytes, MeteringLimits.SignedGapBytes, out DecodeError error);
        return message is not null && Gap.Decode(bytes, message.PayloadOffset, message.PayloadLength, out error) is not null ? "taken" : error.ToString();
    }

    private static string PairAnswerReasonFor(byte[] bytes)
    {
        SignedMessage? message = SignedMessage.Decode(bytes, PairAnswer.MaxBytes, out DecodeError error);
        return message is not null && PairAnswer.Decode(bytes, message.PayloadOffset, message.PayloadLength, out error) is not null ? "taken" : error.ToString();
    }

    private static string SealReasonFor(JsonNode vector, byte[] message)
    {
        byte[] downKey = Bytes(Vector("keys.json", (string)vector["key"]!), "downKey");
        return SealedMessage.Open(new PlatformDigest(), downKey, (string)vector["topic"]!, message) is null ? "NotOpened" : "taken";
    }

    private static string PayloadReasonFor(string kind, byte[] payload)
    {
        DecodeError error;
        object? taken = kind switch
        {
            "status" => Status.Decode(payload, out error),
            "receipt" => Receipt.Decode(payload, out error),
            "reject" => Reject.Decode(payload, out error),
            "config" => Config.Decode(payload, out error),
            "pair-challenge" => PairChallenge.Decode(payload, out error),
            "flash-ask" => FlashRequest.Decode(payload, out error),
            "flash-answer" => FlashAnswer.Decode(payload, out error),
            "node-settings" => NodeSettings.Decode(payload, 0, payload.Length, out error),
            _ => throw new InvalidDataException($"no decoder for {kind}"),
        };
        return taken is null ? error.ToString() : "taken";
    }

    private static JsonArray Load(string file) => JsonNode.Parse(File.ReadAllText(Path.Combine(Checkout.Vectors, file)))!.AsArray();

    private static JsonNode Vector(string file, string name) => Load(file).Single(vector => (string)vector!["name"]! == name)!;

    private static byte[] Bytes(JsonNode vector, string field) => Convert.FromHexString((string)vector[field]!);

    private static TheoryData<string> Names(string file) => new(Load(file).Select(vector => (string)vector!["name"]!));
}
