using System.Net.Http.Json;
using System.Text.Json.Nodes;
using DePin.Fleet.Care;
using DePin.Fleet.Crediting;
using DePin.Fleet.Ingest;
using DePin.Fleet.Nodes;
using DePin.Fleet.Proof;
using DePin.Fleet.Storage;
using DePin.Tests.Support;

namespace DePin.Tests.Money;

/// <summary>
/// A village for pages over money: njeri keeps four nodes that ngo-1 paid for and bank lent money for. One is well and earned, one had readings refused, one is
/// silent with a ticket, one has a hostile name. All is in the log of proofs.
/// </summary>
internal sealed class MoneyRig : IAsyncDisposable
{
    public const string Hostile = "<script>alert(1)</script>";

    private const long Hour = 3600, Day = 86_400;

    private MoneyRig(RunningBackend backend, List<TestNode> nodes) => (Backend, Nodes) = (backend, nodes);

    public RunningBackend Backend { get; }

    /// <summary>Well, refused, silent, hostile name.</summary>
    public IReadOnlyList<TestNode> Nodes { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<MoneyRig> StartAsync(int batches = 3)
    {
        RunningBackend backend = await RunningBackend.StartAsync();
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        List<TestNode> nodes = [.. Enumerable.Range(0, 4).Select(_ => new TestNode { OpensUnixSeconds = now - ((batches + 1) * Hour) })];
        string[] places = ["Kisumu 12", "Busia 3", "Siaya 7", Hostile];
        using HttpResponseMessage answer = await backend.Http.PostAsJsonAsync("/api/nodes", nodes.Select((node, i) => node.Registration(place: places[i]) with { Operator = "njeri", PairedFromUnixSeconds = now - (2 * Day) }), Cancel);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancel));
        using HttpResponseMessage funded = await backend.Http.PostAsJsonAsync("/api/funding", new { amountMicro = "100000000", reference = "grant" }, Cancel);
        Assert.True(funded.IsSuccessStatusCode, await funded.Content.ReadAsStringAsync(Cancel));
        var rig = new MoneyRig(backend, nodes);
        for (int i = 0; i < batches; i++)
        {
            await rig.SendAsync(nodes[0], delivered: 200 + i);
        }

        await rig.SendAsync(nodes[1], delivered: 9000);
        await rig.SendAsync(nodes[3], delivered: 150);
        await backend.Part<StoreWriter>().RunAsync(connection =>
        {
            long silent = NodeStore.Find(connection, nodes[2].Id.ToString())!.RowId;
            TicketStore.Open(connection, silent, "silent", "nothing ever came", now * 1000);
            LoanStore.Insert(connection, NodeStore.Find(connection, nodes[0].Id.ToString())!.RowId, new Loan("bank", now - (10 * Day), 30_000_000, 2500, 3_000_000), now * 1000, "mary + otieno");
            return true;
        });
        await Eventually.HoldsAsync(() => rig.JudgedAsync().GetAwaiter().GetResult(), "every batch has its verdicts", 60);
        while (await backend.Part<ProofLog>().AppendAsync())
        {
            // The service does the same now and then.
        }

        return rig;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (TestNode node in Nodes)
        {
            node.Dispose();
        }

        await Backend.DisposeAsync();
    }

    private async Task SendAsync(TestNode node, int delivered)
    {
        var sink = new CollectingSink(Backend.Part<IngestPipeline>(), Backend.Part<NodeDirectory>().Find(node.Id)!, node.Session, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        await sink.AskAsync(node.SignNext(delivered: delivered));
    }

    private async Task<bool> JudgedAsync() => (long)(await Backend.Http.GetFromJsonAsync<JsonNode>("/api/summary", Cancel))!["verdictBacklog"]! == 0;
}
