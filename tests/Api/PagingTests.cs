using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Dapper;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using DePin.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace DePin.Tests.Api;

/// <summary>Every list, read one item at a time, gives what it gives at once: nothing twice, nothing left out, in the same order.</summary>
public sealed class PagingTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_list_read_in_small_pages_is_the_list()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        TestNode[] nodes = [.. Enumerable.Range(0, 3).Select(_ => new TestNode())];
        foreach (TestNode node in nodes)
        {
            await backend.RegisterAsync(node);
        }

        string id = nodes[0].Id.ToString();
        foreach (int i in Enumerable.Range(1, 3))
        {
            await PostAsync(backend, "/api/funding", new { amountMicro = "1000000", reference = $"grant-{i}" });
            await PostAsync(backend, "/api/firmware", new { digest = $"000000000000000{i}", name = $"f{i}" });
            await PostAsync(backend, "/api/production-runs", new { name = $"r{i}", profile = "lamp-small", bought = 10, unitPriceUsdCents = 2400, payer = "ngo-1", invoice = $"{i}" });
            await PostAsync(backend, $"/api/nodes/{nodes[i - 1].Id}/suspension", new { reason = "odd", evidence = "a call", cure = "a visit" });
            using HttpResponseMessage put = await backend.Http.PutAsJsonAsync($"/api/nodes/{id}/tags", new { tags = new[] { "a", "b", "c" }[..i] }, Cancel);
            Assert.True(put.IsSuccessStatusCode);
            using HttpResponseMessage bundle = await backend.Http.PostAsync("/api/artifacts", new ByteArrayContent([1, 2, (byte)i]), Cancel);
            Assert.True(bundle.IsSuccessStatusCode);
            await PostAsync(backend, "/api/rollouts", new { name = $"x{i}", reason = "y" });
            using HttpClient somebody = backend.As($"somebody-{i}", Roles.Operator);
        }

        // What comes to be by nodes that fail is put there.
        await backend.Part<StoreWriter>().RunAsync(connection => connection.Execute(
            """
            INSERT INTO ticket(node, cause, facts, owner, opened_ms, due_ms) SELECT n.id, c.cause, 'none', 'amina', 5, 7 FROM node n, (SELECT 'silent' AS cause UNION SELECT 'sensor fault') c;
            INSERT INTO review(node, kind, evidence, opened_ms, deadline_ms) SELECT id, 'clone', 'e', 5, 9 FROM node;
            INSERT INTO registration_flag(at_ms, by, refusal, run, board_serial, detail) SELECT 5, 'amina', 'runFull', 'r', node_id, 'd' FROM node;
            INSERT INTO api_token(person, label, hash, roles, is_read_only, per_minute, made_ms, ends_ms) SELECT id, 'more', randomblob(32), 1, 0, 1, 1, 9999999999999 FROM person WHERE name = 'amina';
            """));
        (string Path, int Least)[] lists =
        [
            ("/api/nodes", 3), ("/api/funding", 3), ("/api/firmware", 3), ("/api/production-runs", 3), ("/api/review/suspensions", 3), ("/api/review/cases", 3), ("/api/tags", 3), ("/api/artifacts", 3),
            ("/api/rollouts", 3), ("/api/people", 4), ("/api/accounts", 5), ("/api/events", 9), ("/api/tickets", 6), ("/api/registrations/flags", 3), ("/api/audit/writes", 18), ("/api/tokens", 2),
            ($"/api/events?node={id}", 2), ("/api/accounts/funders/movements", 0), ("/api/disputes", 0), ("/api/changes", 0), ("/api/loans", 0), ("/api/payouts", 0), ("/api/review/held", 0), ("/api/releases", 0),
            ("/api/audit", 0), ("/api/deliveries", 0), ("/api/settings-changes", 0), ("/api/settings-changes/1", 0), ($"/api/nodes/{id}/batches", 0), ($"/api/nodes/{id}/verdicts", 0), ("/api/rollouts/1/nodes", 0),
            ("/api/rollouts/1/failures", 0),
        ];
        foreach ((string path, int least) in lists)
        {
            string[] whole = await ReadAsync(backend, path, limit: 1000);
            Assert.True(whole.Length >= least, $"{path} has {whole.Length} items");
            Assert.Equal(whole.Length, whole.Distinct(StringComparer.Ordinal).Count());
            Assert.Equal(whole, await ReadAsync(backend, path, limit: 1));
            Assert.Equal(whole, await ReadAsync(backend, path, limit: 2));
        }

        foreach (TestNode node in nodes)
        {
            node.Dispose();
        }
    }

    [Fact]
    public void A_limit_out_of_bounds_and_a_cursor_of_somebody_else_are_refused()
    {
        Assert.Throws<BadHttpRequestException>(() => DePin.Fleet.Api.Paging.Of(null, 0));
        Assert.Throws<BadHttpRequestException>(() => DePin.Fleet.Api.Paging.Of(null, 1001));
        Assert.Throws<BadHttpRequestException>(() => DePin.Fleet.Api.Paging.Of(new string('a', 401), 1));
        Assert.Throws<BadHttpRequestException>(() => DePin.Fleet.Api.Paging.Of(DePin.Fleet.Api.Paging.CursorOf("x"), 1).Before);
        Assert.Equal(7, DePin.Fleet.Api.Paging.Of(DePin.Fleet.Api.Paging.CursorOf(7), 1).After);
    }

    private static async Task<string[]> ReadAsync(RunningBackend backend, string path, int limit)
    {
        var items = new List<string>();
        string joint = path.Contains('?', StringComparison.Ordinal) ? "&" : "?", cursor = "";
        while (true)
        {
            JsonNode page = JsonNode.Parse(await backend.Http.GetStringAsync($"{path}{joint}limit={limit}{cursor}", Cancel))!;
            JsonArray part = page["items"]!.AsArray();
            Assert.InRange(part.Count, 0, limit);
            items.AddRange(part.Select(item => item!.ToJsonString()));
            if ((string?)page["next"] is not { } next)
            {
                return [.. items];
            }

            Assert.Equal(limit, part.Count);
            cursor = $"&cursor={next}";
        }
    }

    private static async Task PostAsync(RunningBackend backend, string path, object content)
    {
        using HttpResponseMessage answer = await backend.Http.PostAsJsonAsync(path, content, Cancel);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {await answer.Content.ReadAsStringAsync(Cancel)}");
    }
}
