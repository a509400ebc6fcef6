using DePin.Fleet.Ingest;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;
using DePin.Tests.Support;

namespace DePin.Tests.Ingest;

/// <summary>After a start, every node's first receipt needs counters that are reserved on the disk.</summary>
public sealed class ReservationTests
{
    [Fact]
    public async Task First_receipts_of_many_nodes_at_once_are_reserved_together()
    {
        const int Nodes = 40;
        await using RunningBackend backend = await RunningBackend.StartAsync();
        var ingest = backend.Part<IngestPipeline>();
        StoreWriter writer = ingest.Writer;
        TestNode[] nodes = [.. Enumerable.Range(0, Nodes).Select(_ => new TestNode())];
        var registered = new List<RegisteredNode>();
        foreach (TestNode node in nodes)
        {
            registered.Add(await backend.RegisterAsync(node));
        }

        using var mayGoOn = new ManualResetEventSlim();
        Task busy = writer.RunAsync(_ => mayGoOn.Wait());
        Task<byte[]>[] receipts = [.. registered.Select((node, index) => Task.Run(() => ingest.SealReceiptAsync(node, nodes[index].Session, TestContext.Current.CancellationToken).AsTask()))];
        try
        {
            await Eventually.HoldsAsync(() => writer.Waiting > 0 && receipts.All(receipt => receipt.Status is TaskStatus.WaitingForActivation), "all wait");
            Assert.InRange(writer.Waiting, 1, 3);
        }
        finally
        {
            // Else the backend would wait for it for ever.
            mayGoOn.Set();
        }

        await busy;
        foreach ((TestNode node, Task<byte[]> receipt) in nodes.Zip(receipts))
        {
            Assert.Equal(1, node.OpenReceipt(await receipt).Next);
            node.Dispose();
        }
    }
}
