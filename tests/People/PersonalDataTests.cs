using System.Data.Common;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Dapper;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using DePin.Fleet.Upkeep;
using DePin.Tests.Support;

namespace DePin.Tests.People;

/// <summary>What is stored of a person is theirs to have, and goes where the books do not need it.</summary>
public sealed class PersonalDataTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_person_has_all_that_is_stored_of_them_and_what_the_books_do_not_need_is_forgotten()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync();
        using var node = new TestNode();
        await backend.RegisterAsync(node);
        using HttpClient njeri = backend.As("njeri", Roles.Operator);
        await backend.Part<StoreWriter>().RunAsync(connection => connection.Execute(
            """
            UPDATE pairing SET operator = 'njeri', place = 'Behind the blue church', latitude = -0.091234, longitude = 34.765432;
            INSERT INTO account(name) SELECT 'operator:njeri' WHERE NOT EXISTS(SELECT 1 FROM account WHERE name = 'operator:njeri');
            INSERT INTO payee(account, phone, from_ms, name) SELECT id, '+254700000001', 5, 'Njeri W' FROM account WHERE name = 'operator:njeri';
            INSERT INTO payout_run(id, made_ms, by) VALUES(1, 5, 'mary + grace');
            INSERT INTO payout(reference, run, account, phone, amount_micro, state, payee_name) SELECT 'p1', 1, id, '+254700000001', 7, 'sent', 'Njeri W' FROM account WHERE name = 'operator:njeri';
            INSERT INTO change(kind, content, reason, proposed_by, proposed_ms, state, decided_by, decided_ms)
                VALUES('payee', '{"account":"operator:njeri","phone":"+254700000001","name":"Njeri W"}', 'new number', 'mary', 5, 'approved', 'grace', 6);
            INSERT INTO subscription(person, channel, target, kinds, made_ms) SELECT id, 'mail', 'njeri@example.org', 'ticket.opened', 5 FROM person WHERE name = 'njeri';
            """));

        string mine = await njeri.GetStringAsync("/api/me/data", Cancel);
        string[] secrets = ["Behind the blue church", "+254700000001", "Njeri W", "njeri@example.org", "34.765432"];
        Assert.All(secrets, secret => Assert.Contains(secret, mine.Replace("\\u002B", "+", StringComparison.Ordinal), StringComparison.Ordinal));
        JsonNode data = JsonNode.Parse(mine)!;
        Assert.Equal(("njeri", "7"), ((string?)data["person"]!["name"], (string?)data["stored"]!["payouts"]![0]!["amountMicro"]));
        Assert.DoesNotContain("hash", mine, StringComparison.OrdinalIgnoreCase);
        using HttpResponseMessage closed = await njeri.GetAsync("/api/people/amina/data", Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, closed.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await backend.Http.GetAsync("/api/people/njeri/data", Cancel)).StatusCode);

        // Not by mistake, not while money is on its way, and not while a lamp is in their hands.
        Assert.Contains("confirm be the name", await EraseAsync(backend, "other", HttpStatusCode.BadRequest), StringComparison.Ordinal);
        Assert.Contains("Money is on its way", await EraseAsync(backend, "njeri", HttpStatusCode.Conflict), StringComparison.Ordinal);
        await backend.Part<StoreWriter>().RunAsync(connection => connection.Execute("UPDATE payout SET state = 'paid', result_ms = 7"));
        Assert.Contains("operates 1 nodes", await EraseAsync(backend, "njeri", HttpStatusCode.Conflict), StringComparison.Ordinal);
        await backend.Part<StoreWriter>().RunAsync(connection => connection.Execute("UPDATE pairing SET to_unix = from_unix + 1"));
        await EraseAsync(backend, "njeri", HttpStatusCode.OK);

        Assert.Equal(HttpStatusCode.Unauthorized, (await njeri.GetAsync("/api/me", Cancel)).StatusCode);
        string left = await backend.Http.GetStringAsync("/api/people/njeri/data", Cancel);
        Assert.All(secrets, secret => Assert.DoesNotContain(secret.TrimStart('+'), left, StringComparison.Ordinal));
        Assert.Contains("34.77", left, StringComparison.Ordinal);
        if (!TestDatabase.IsPostgres)
        {
            await NothingIsLeftAsync(backend, secrets);
        }

        // The rest of a payout stays what it was.
        await Assert.ThrowsAnyAsync<DbException>(() => backend.Part<StoreWriter>().RunAsync(connection => connection.Execute("UPDATE payout SET amount_micro = 8")));
        await Assert.ThrowsAnyAsync<DbException>(() => backend.Part<StoreWriter>().RunAsync(connection => connection.Execute("UPDATE payout SET state = 'failed'")));
        await Assert.ThrowsAnyAsync<DbException>(() => backend.Part<StoreWriter>().RunAsync(connection => connection.Execute("UPDATE change SET reason = 'other'")));
        await Assert.ThrowsAnyAsync<DbException>(() => backend.Part<StoreWriter>().RunAsync(connection => connection.Execute("UPDATE change SET content = '{\"account\":\"operator:mary\",\"phone\":\"erased\"}'")));
    }

    // In no table, seen from the whole of a SQLite database. PostgreSQL's files lose what was erased with the next VACUUM.
    private static async Task NothingIsLeftAsync(RunningBackend backend, string[] secrets)
    {
        string file = Path.Combine(Path.GetTempPath(), $"erased-{Guid.NewGuid():N}.db");
        await backend.Part<StoreWriter>().RunAsync(connection => { });
        using (DbConnection connection = backend.Part<Database>().OpenReader())
        {
            BackupStore.VacuumInto(connection, file);
        }

        string all = System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, Cancel));
        File.Delete(file);
        Assert.All(secrets.Take(4), secret => Assert.DoesNotContain(secret, all, StringComparison.Ordinal));
        Assert.Contains("operator:njeri", all, StringComparison.Ordinal);
    }

    private static async Task<string> EraseAsync(RunningBackend backend, string confirm, HttpStatusCode status)
    {
        using HttpResponseMessage answer = await backend.Http.PostAsJsonAsync("/api/people/njeri/erase", new { reason = "she asked for it", confirm }, Cancel);
        string text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.True(answer.StatusCode == status, text);
        return text;
    }
}
