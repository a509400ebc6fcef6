using System.Collections.Concurrent;
using System.Data.Common;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Dapper;
using DePin.Fleet.Api;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using DePin.Tests.Support;
using DePin.Tools.Api;
using DePin.Tools.Backend;

namespace DePin.Tests.Api;

/// <summary>A write that is sent again with its key is not done again: not after an answer was lost, a restart, or a kill.</summary>
public sealed class IdempotencyTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_key_with_the_same_content_gives_the_first_answer_again_also_after_a_restart()
    {
        var time = new SteppedClock(1_790_000_000);
        await using RunningBackend backend = await RunningBackend.StartAsync(time);
        (HttpStatusCode status, string first, bool isReplay) = await VouchersAsync(backend.Http, "k1", 2);
        Assert.Equal((HttpStatusCode.OK, false), (status, isReplay));
        Assert.Equal((status, first, true), await VouchersAsync(backend.Http, "k1", 2));
        await backend.RestartAsync();
        Assert.Equal((status, first, true), await VouchersAsync(backend.Http, "k1", 2));
        Assert.Equal(2, Vouchers(backend));

        // What another account sends with the same key is its own.
        using HttpClient grace = backend.As("grace", Roles.Manager);
        Assert.NotEqual(first, (await VouchersAsync(grace, "k1", 2)).Text);
        Assert.Equal(4, Vouchers(backend));

        // After a day the key is a new one; and nothing of it lies about.
        time.UnixSeconds += 86_401;
        Assert.NotEqual(first, (await VouchersAsync(backend.Http, "k1", 2)).Text);
        Assert.Equal(6, Vouchers(backend));
        Assert.Equal(1, Number(backend, "SELECT count(*) FROM api_key_use"));
    }

    [Fact]
    public async Task The_same_key_with_other_content_is_refused_and_refusals_are_answered_again()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        await VouchersAsync(backend.Http, "k1", 2);
        (HttpStatusCode status, string text, _) = await VouchersAsync(backend.Http, "k1", 3);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "keyReused"), (status, (string?)JsonNode.Parse(text)!["refusal"]));
        (status, _, _) = await SendAsync(backend.Http, "k1", "/api/funding", "{\"count\":2}");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.Equal(2, Vouchers(backend));

        (status, text, _) = await VouchersAsync(backend.Http, "k2", 0);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal((status, text, true), await VouchersAsync(backend.Http, "k2", 0));
        (status, text, _) = await SendAsync(backend.Http, new string('k', 201), "/api/vouchers", "{\"count\":2}");
        Assert.Equal((HttpStatusCode.BadRequest, "keyMalformed"), (status, (string?)JsonNode.Parse(text)!["refusal"]));

        // An answer without content has none the second time either.
        using HttpClient boss = backend.As("boss", Roles.Administrator);
        await backend.RegisterPersonAsync("njeri", Roles.Operator);
        Assert.Equal((HttpStatusCode.NoContent, "", false), await SendAsync(boss, "k3", "/api/people/njeri/close", ""));
        Assert.Equal((HttpStatusCode.NoContent, "", true), await SendAsync(boss, "k3", "/api/people/njeri/close", ""));
    }

    [Fact]
    public async Task Many_at_once_with_one_key_are_done_once()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        var answers = new ConcurrentBag<(HttpStatusCode Status, string Text)>();
        await Task.WhenAll(Enumerable.Repeat("same", 20).Select(async key =>
        {
            (HttpStatusCode status, string text, _) = await VouchersAsync(backend.Http, key, 1);
            answers.Add((status, text));
        }));
        Assert.Equal(1, Vouchers(backend));
        Assert.Single(answers.Where(answer => answer.Status == HttpStatusCode.OK).Select(answer => answer.Text).Distinct(StringComparer.Ordinal));
        Assert.All(answers, answer => Assert.True(answer.Status is HttpStatusCode.OK or HttpStatusCode.Conflict, $"{answer}"));
    }

    [Fact]
    public async Task Keys_of_an_account_are_bounded_and_answers_with_secrets_are_not_readable_in_the_database()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        (_, string text, _) = await VouchersAsync(backend.Http, "k1", 1);
        string code = (string)JsonNode.Parse(text)!.AsArray()[0]!;
        byte[] kept = await backend.Part<StoreWriter>().RunAsync(connection => connection.QuerySingle<byte[]>("SELECT answer FROM api_key_use"));
        Assert.DoesNotContain(code, Encoding.Latin1.GetString(kept), StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(text)), Encoding.Latin1.GetString(kept), StringComparison.Ordinal);

        await backend.Part<StoreWriter>().RunAsync(connection => connection.Execute(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @most)
            INSERT INTO api_key_use(person, key_hash, content_hash, made_ms) SELECT (SELECT person FROM api_key_use), randomblob(32), randomblob(32), (SELECT made_ms FROM api_key_use) FROM n
            """,
            new { most = IdempotencyKeys.MostPerAccount }));
        (HttpStatusCode status, text, _) = await VouchersAsync(backend.Http, "k2", 1);
        Assert.Equal((HttpStatusCode.TooManyRequests, "keysFull"), (status, (string?)JsonNode.Parse(text)!["refusal"]));
        Assert.True((await VouchersAsync(backend.Http, "k1", 1)).IsReplay);
        Assert.Equal(1, Vouchers(backend));
    }

    [Fact]
    public async Task What_a_kill_cut_is_not_done_twice()
    {
        using var folder = new TemporaryFolder();
        var options = new BackendOptions { DataFolder = folder.File("data") };
        string[] keys = [.. Enumerable.Range(0, 40).Select(i => $"key-{i}")];
        int cut = 0;
        BackendChild backend = await BackendChild.StartAsync(options, Cancel);
        try
        {
            for (int kills = 0; kills < 2; kills++)
            {
                using HttpClient client = Client(backend);
                using var seen = new SemaphoreSlim(0);
                Task[] sent = [.. keys.Select(async key =>
                {
                    try
                    {
                        await VouchersAsync(client, key, 1);
                    }
                    catch (HttpRequestException)
                    {
                        Interlocked.Increment(ref cut);
                    }
                    finally
                    {
                        seen.Release();
                    }
                })];

                // Some were answered: the others are under way.
                for (int i = 0; i < 5; i++)
                {
                    await seen.WaitAsync(Cancel);
                }

                await backend.KillAsync();
                await Task.WhenAll(sent);
                backend = await BackendChild.StartAsync(options, Cancel);
            }

            using (HttpClient client = Client(backend))
            {
                foreach (string key in keys)
                {
                    (HttpStatusCode status, string text, _) = await VouchersAsync(client, key, 1);
                    Assert.True(status == HttpStatusCode.OK || (status == HttpStatusCode.Conflict && (string?)JsonNode.Parse(text)!["refusal"] == "answerLost"), $"{key}: {status} {text}");
                }
            }

            await backend.StopAsync();
        }
        finally
        {
            await backend.DisposeAsync();
        }

        using DbConnection connection = TestDatabase.Tamper(options.DataFolder);
        TestContext.Current.SendDiagnosticMessage($"{cut} requests were cut");
        Assert.Equal(keys.Length, connection.ExecuteScalar<long>("SELECT count(*) FROM voucher"));
    }

    [Fact]
    public async Task A_write_whose_answer_was_lost_is_named_as_done()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        (HttpStatusCode _, string _, bool _) = await VouchersAsync(backend.Http, "k1", 1);

        // As a kill between the commit and the answer leaves it.
        await backend.Part<StoreWriter>().RunAsync(connection => connection.Execute("UPDATE api_key_use SET answer = NULL"));
        await backend.RestartAsync();
        (HttpStatusCode status, string text, _) = await VouchersAsync(backend.Http, "k1", 1);
        Assert.Equal((HttpStatusCode.Conflict, "answerLost"), (status, (string?)JsonNode.Parse(text)!["refusal"]));
        Assert.Contains("carried out before", text, StringComparison.Ordinal);
        Assert.Equal(1, Vouchers(backend));
    }

    private static Task<(HttpStatusCode Status, string Text, bool IsReplay)> VouchersAsync(HttpClient who, string key, int count) => SendAsync(who, key, "/api/vouchers", $"{{\"count\":{count}}}");

    private static async Task<(HttpStatusCode Status, string Text, bool IsReplay)> SendAsync(HttpClient who, string key, string path, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("Idempotency-Key", key);
        using HttpResponseMessage answer = await who.SendAsync(request, Cancel);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel), answer.Headers.Contains("Idempotency-Replayed"));
    }

    private static long Vouchers(RunningBackend backend) => Number(backend, "SELECT count(*) FROM voucher");

    private static long Number(RunningBackend backend, string sql)
    {
        using DbConnection connection = backend.Part<Database>().OpenReader();
        return connection.ExecuteScalar<long>(sql);
    }

    private static HttpClient Client(BackendChild backend)
    {
        var client = new HttpClient { BaseAddress = new Uri(backend.Addresses.Http) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ApiTokenFile.Read(backend.Options.DataFolder, ApiTokenFile.Person));
        return client;
    }
}
