using System.Threading.Channels;
using DePin.Fleet.Ingest;
using DePin.Fleet.Nodes;

namespace DePin.Tests.Support;

/// <summary>Stands where a connection would: submits messages of one node and hands out the answers in their order.</summary>
internal sealed class CollectingSink(IngestPipeline ingest, RegisteredNode node, byte[] session, long arrivedUnixMilliseconds = 1_790_000_000_000) : IAnswerSink
{
    private readonly Channel<Answer?> _answers = Channel.CreateUnbounded<Answer?>();
    private int _packetId;

    /// <summary>Submits without waiting for the answer.</summary>
    public async Task SubmitAsync(byte[] message, IncomingKind kind = IncomingKind.Batch) =>
        await ingest.SubmitAsync(new Incoming(kind, node, message, session, arrivedUnixMilliseconds, ++_packetId, this), TestContext.Current.CancellationToken);

    /// <summary>The next answer; null where the store failed.</summary>
    public async Task<Answer?> NextAsync() => await _answers.Reader.ReadAsync(TestContext.Current.CancellationToken);

    /// <summary>Submits and waits.</summary>
    public async Task<Answer> AskAsync(byte[] message, IncomingKind kind = IncomingKind.Batch)
    {
        await SubmitAsync(message, kind);
        Answer? answer = await NextAsync();
        Assert.NotNull(answer);
        return answer;
    }

    public void Answered(Incoming message, Answer answer) => _answers.Writer.TryWrite(answer);

    public void NotStored(Incoming message) => _answers.Writer.TryWrite(null);
}
