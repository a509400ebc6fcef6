using System.Data.Common;
using System.Net;
using System.Net.Http.Json;
using Dapper;
using DePin.Contracts;
using DePin.Fleet.Gateway;
using DePin.Fleet.Ingest;
using DePin.Fleet.Storage;
using DePin.Tests.Gateway;
using DePin.Tests.Support;
using DePin.Tools.Backend;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DePin.Tests.Storage;

/// <summary>A database that is slow or away: nothing is promised, nothing grows without bound, people are told, and afterwards all of it goes on.</summary>
public sealed class SlowDatabaseTests
{
    private const int Sent = 50;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_PostgreSQL_waits_for_a_lock_no_receipt_goes_out_what_waits_is_bounded_and_the_books_go_on_until_they_wait_too()
    {
        await using PostgresServer server = await PostgresServer.StartAsync(Cancel);
        string text = await server.CreateDatabaseAsync(Cancel);
        await using RunningBackend backend = await RunningBackend.StartAsync(change: settings => settings with { Postgres = text });
        using var node = new TestNode();
        await backend.RegisterAsync(node);
        await using MqttSocket client = await MqttSocket.LogInAsync(backend, node);
        await using (var other = new NpgsqlConnection(text + ";Pooling=False"))
        {
            await other.OpenAsync(Cancel);
            await using NpgsqlTransaction holding = await other.BeginTransactionAsync(Cancel);
            await other.ExecuteAsync("LOCK TABLE chain, batch IN SHARE MODE");
            await client.SendAsync([.. Enumerable.Range(1, Sent).Select(id => Packet.Publish(node, Topics.Batch, node.SignNext(readings: 1), packetId: id))]);
            Task<(byte Head, byte[] Body)?> answer = client.ReadAsync();
            await Eventually.HoldsAsync(() => backend.Part<IngestPipeline>().Writer.IsStuck, "ingest is stuck");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await backend.Http.GetAsync("/health/ready", Cancel)).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await FundAsync(backend)).StatusCode);
            await other.ExecuteAsync("LOCK TABLE account IN SHARE MODE");
            Task books = WriteBooksAsync(backend);
            await Eventually.HoldsAsync(() => backend.Part<StoreWriter>().IsStuck, "the books are stuck");
            await ExpectAwayAsync(() => FundAsync(backend));
            Assert.Equal(HttpStatusCode.OK, (await backend.Http.GetAsync("/", Cancel)).StatusCode);
            Assert.False(answer.IsCompleted);
            Assert.InRange(backend.Part<IngestPipeline>().Waiting, 0, new GatewaySettings().MessagesInFlight);
            await holding.RollbackAsync(Cancel);
            Assert.Equal(Packet.PubAck, (await answer)?.Head);
            await books;
        }

        for (int id = 2; id <= Sent; id++)
        {
            await client.ExpectAsync(Packet.PubAck, [0, (byte)id]);
        }

        Assert.Equal(HttpStatusCode.OK, (await FundAsync(backend)).StatusCode);
        using DbConnection reader = backend.Part<Database>().OpenReader();
        Assert.Equal(Sent, reader.ExecuteScalar<long>("SELECT count(*) FROM batch"));
    }

    [Fact]
    public async Task While_another_process_holds_SQLite_the_same_holds()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync(change: settings => settings with { LogLevel = LogLevel.None });
        using var node = new TestNode();
        await backend.RegisterAsync(node);
        await using MqttSocket client = await MqttSocket.LogInAsync(backend, node);
        await using (DbConnection other = TestDatabase.Open(backend.DataFolder))
        {
            await other.ExecuteAsync(TestDatabase.IsPostgres ? "BEGIN; LOCK TABLE chain, batch, account IN SHARE MODE" : "BEGIN IMMEDIATE");
            Task books = TestDatabase.IsPostgres ? WriteBooksAsync(backend) : Task.CompletedTask;
            await client.SendAsync(Packet.Publish(node, Topics.Batch, node.SignNext(readings: 1)));
            Task<(byte Head, byte[] Body)?> answer = client.ReadAsync();
            await Eventually.HoldsAsync(() => backend.Part<StoreWriter>().IsStuck, "the writer is stuck");
            await ExpectAwayAsync(() => FundAsync(backend));
            Assert.False(answer.IsCompleted);
            await other.ExecuteAsync("ROLLBACK");
            Assert.Equal(Packet.PubAck, (await answer)?.Head);
            await books;
        }

        Assert.Equal(HttpStatusCode.OK, (await FundAsync(backend)).StatusCode);
    }

    [Fact]
    public async Task Where_PostgreSQL_is_away_people_and_programs_are_told_and_nodes_come_again()
    {
        await using PostgresServer server = await PostgresServer.StartAsync(Cancel);
        string text = await server.CreateDatabaseAsync(Cancel);
        await using RunningBackend backend = await RunningBackend.StartAsync(change: settings => settings with { Postgres = text, LogLevel = LogLevel.None });
        using var closed = new ClosedReasons(backend);
        using var node = new TestNode();
        await backend.RegisterAsync(node);
        using var french = new HttpClient { BaseAddress = backend.Http.BaseAddress };
        french.DefaultRequestHeaders.AcceptLanguage.ParseAdd("fr");
        await server.KillAsync();
        await ExpectAwayAsync(() => backend.Http.GetAsync("/api/nodes", Cancel));
        string english = await ExpectAwayAsync(() => backend.Http.GetAsync("/", Cancel));
        Assert.Contains("The database does not answer", english, StringComparison.Ordinal);
        Assert.Contains("La base de données ne répond pas", WebUtility.HtmlDecode(await ExpectAwayAsync(() => french.GetAsync("/", Cancel))), StringComparison.Ordinal);

        // Nothing in the login needs the database but the counter of its first receipt.
        await using (MqttSocket client = await MqttSocket.SubscribedAsync(backend, node))
        {
            await client.ExpectClosedAsync();
            await closed.ContainAsync(CloseReason.NotStored);
        }

        await server.StartAgainAsync(Cancel);
        await Eventually.HoldsAsync(async () => (await backend.Http.GetAsync("/", Cancel)).StatusCode == HttpStatusCode.OK, "pages are there again");
        await Eventually.HoldsAsync(() => HearsReceiptAsync(backend, node), "the node comes again and hears its receipt");
    }

    // A node that is sent away once more comes again by itself.
    private static async Task<bool> HearsReceiptAsync(RunningBackend backend, TestNode node)
    {
        await using MqttSocket again = await MqttSocket.SubscribedAsync(backend, node);
        return (await again.ReadAsync())?.Head >> 4 == 3;
    }

    private static Task WriteBooksAsync(RunningBackend backend) => backend.Part<StoreWriter>().RunAsync(connection => connection.Execute("UPDATE account SET owed_micro = owed_micro"));

    private static Task<HttpResponseMessage> FundAsync(RunningBackend backend) =>
        backend.Http.PostAsJsonAsync("/api/funding", new { amountMicro = "1", reference = Guid.NewGuid().ToString() }, Cancel);

    private static async Task<string> ExpectAwayAsync(Func<Task<HttpResponseMessage>> ask)
    {
        using HttpResponseMessage answer = await ask();
        string text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "10"), (answer.StatusCode, answer.Headers.RetryAfter?.ToString()));
        Assert.Contains("10 ", text, StringComparison.Ordinal);
        return text;
    }
}
