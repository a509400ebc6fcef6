using DePin.Contracts.Identity;
using DePin.Contracts.Uplink;
using DePin.Fleet.Ingest;
using DePin.Fleet.Nodes;
using DePin.Tests.Support;

namespace DePin.Tests.Ingest;

/// <summary>Messages that are judged together.</summary>
public sealed class MessageVerifierTests : IDisposable
{
    private readonly List<TestNode> _nodes = [.. Enumerable.Range(0, 9).Select(_ => new TestNode())];
    private readonly List<(Incoming Message, Exception Problem)> _failed = [];

    public void Dispose() => _nodes.ForEach(node => node.Dispose());

    [Fact]
    public void Messages_that_come_together_are_judged_each_for_itself_and_in_their_order()
    {
        using MessageVerifier verifier = New();
        for (int round = 0; round < 3; round++)
        {
            Incoming[] messages = [.. _nodes.Select(node => MessageOf(node, node.SignNext()))];
            messages[1].Message[^1] ^= 1;
            messages[3] = messages[3] with { Message = [1, 2, 3] };
            messages[4] = MessageOf(_nodes[4], _nodes[5].SignNext());
            IReadOnlyList<Verified> judged = verifier.Verify(messages);
            Assert.Equal(messages, judged.Select(verified => verified.Incoming));
            Assert.Equal(
                [null, RejectReason.BadSignature, null, RejectReason.Malformed, RejectReason.WrongNode, null, null, null, null],
                judged.Select(verified => verified.Refusal));
            Assert.All(judged, verified => Assert.Equal(verified.Refusal is null, verified.Link is not null));
        }

        Assert.Empty(_failed);
    }

    [Fact]
    public void A_message_that_cannot_be_judged_costs_no_other_message()
    {
        using MessageVerifier verifier = New();
        for (int round = 0; round < 3; round++)
        {
            Incoming[] messages = [.. _nodes.Select(node => MessageOf(node, node.SignNext()))];

            // Nobody registers such a key; a fault of ours might.
            messages[2] = messages[2] with { Node = NodeOf(_nodes[2], 3, [2, .. Enumerable.Repeat(byte.MaxValue, 32)]) };
            Assert.Equal(8, verifier.Verify(messages).Count(verified => verified.Refusal is null));
            (Incoming message, Exception problem) = Assert.Single(_failed);
            Assert.Same(messages[2], message);
            Assert.Contains("no point of P-256", problem.Message, StringComparison.Ordinal);
            _failed.Clear();
        }
    }

    private MessageVerifier New() => new(keyCapacity: 100, (message, problem) => _failed.Add((message, problem)));

    private Incoming MessageOf(TestNode node, byte[] message) =>
        new(IncomingKind.Batch, NodeOf(node, 1 + _nodes.IndexOf(node), node.PublicKey), message, node.Session, 1_790_000_000_000, 1, new NoSink());

    private static RegisteredNode NodeOf(TestNode node, long row, byte[] publicKey) =>
        new() { RowId = row, Id = node.Id, IdText = node.Id.ToString(), PublicKey = publicKey, PasswordHash = [], DownKey = node.DownKey, Profile = 1 };

    private sealed class NoSink : IAnswerSink
    {
        public void Answered(Incoming message, Answer answer)
        {
        }
    }
}
