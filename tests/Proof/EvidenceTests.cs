using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Dapper;
using DePin.Fleet.Ingest;
using DePin.Fleet.Ledger;
using DePin.Fleet.Nodes;
using DePin.Fleet.Proof;
using DePin.Fleet.Storage;
using DePin.Tests.Support;
using DePin.Tools.Proof;
using Microsoft.Data.Sqlite;

namespace DePin.Tests.Proof;

/// <summary>A statement from a whole backend, checked as somebody far away would.</summary>
public sealed class EvidenceTests : IAsyncLifetime
{
    private readonly TestNode _node = new();
    private readonly SteppedClock _time = new(1_789_000_000);
    private RunningBackend _backend = null!;
    private CollectingSink _sink = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _backend = await RunningBackend.StartAsync(_time);
        _sink = new CollectingSink(_backend.Part<IngestPipeline>(), await _backend.RegisterAsync(_node), _node.Session);
        _node.OpensUnixSeconds = _time.UnixSeconds;
        using HttpResponseMessage funded = await _backend.Http.PostAsJsonAsync("/api/funding", new { amountMicro = "100000000", reference = "grant" }, Cancel);
        Assert.True(funded.IsSuccessStatusCode);
    }

    public async ValueTask DisposeAsync()
    {
        _node.Dispose();
        await _backend.DisposeAsync();
    }

    [Fact]
    public async Task A_statement_is_checked_without_the_backend_and_a_changed_figure_anywhere_is_named()
    {
        string text = await StatementAsync(batches: 3);
        VerifierKey key = VerifierKey.Read(await _backend.Http.GetStringAsync("/log/key", Cancel))!;
        StatementFile file = StatementFile.Read(text);
        Assert.Equal(3, file.Lines.Length);
        Assert.Equal("", string.Join("; ", StatementProof.Faults(file, key)));

        // One character of every value of the second line, and of what stands above the lines.
        int tried = 0;
        foreach (string path in Values(JsonNode.Parse(text)!, "").Where(path => !path.StartsWith("/lines/0", StringComparison.Ordinal) && !path.StartsWith("/lines/2", StringComparison.Ordinal)))
        {
            JsonNode changed = JsonNode.Parse(text)!;
            if (Change(changed, path))
            {
                tried++;
                Assert.True(IsNoticed(changed.ToJsonString(), key), $"a change at {path} went unnoticed");
            }
        }

        Assert.True(tried > 40, $"only {tried} values were tried");
    }

    [Fact]
    public async Task A_line_left_out_of_the_sum_a_line_twice_and_another_log_s_key_are_named()
    {
        string text = await StatementAsync(batches: 2);
        VerifierKey key = VerifierKey.Read(await _backend.Http.GetStringAsync("/log/key", Cancel))!;
        StatementFile file = StatementFile.Read(text);
        Assert.Contains(StatementProof.Faults(file with { Lines = file.Lines[..1] }, key), fault => fault.StartsWith("totalMicro", StringComparison.Ordinal));
        Assert.Contains(StatementProof.Faults(file with { Lines = [file.Lines[0], file.Lines[0]] }, key), fault => fault.Contains("listed 2 times", StringComparison.Ordinal));
        var other = new NoteSigner("depin.local/log", RandomNumberGenerator.GetBytes(32));
        Assert.Contains(StatementProof.Faults(file, VerifierKey.Read(other.VerifierKey)!), fault => fault.StartsWith("checkpoint", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Tiles_entries_and_proofs_are_served_to_everybody_and_agree_with_the_checkpoint()
    {
        await StatementAsync(batches: 2);
        using var anybody = new HttpClient { BaseAddress = _backend.Http.BaseAddress };
        string[] note = (await anybody.GetStringAsync("/log/checkpoint", Cancel)).Split('\n');
        int size = int.Parse(note[1], System.Globalization.CultureInfo.InvariantCulture);
        byte[] tile = await anybody.GetByteArrayAsync($"/log/tile/0/000.p/{size}", Cancel);
        Assert.Equal(size * 32, tile.Length);
        byte[] bundle = await anybody.GetByteArrayAsync($"/log/tile/entries/000.p/{size}", Cancel);
        Assert.Equal(size * 35, bundle.Length);
        for (int i = 0; i < size; i++)
        {
            Assert.Equal((0, 33), (bundle[i * 35], bundle[(i * 35) + 1]));
            Assert.Equal(tile[(i * 32)..((i + 1) * 32)], LogProof.Leaf(bundle[((i * 35) + 2)..((i + 1) * 35)]));
        }

        JsonNode proof = (await anybody.GetFromJsonAsync<JsonNode>($"/log/consistency?from=2&to={size}", Cancel))!;
        var tree = new MerkleTree((_, index) => tile[((int)index * 32)..(((int)index + 1) * 32)]);
        Assert.Equal(note[2], Convert.ToBase64String(tree.Root(size)));
        Assert.True(LogProof.IsConsistent(2, size, [.. proof["proof"]!.AsArray().Select(hash => Convert.FromBase64String((string)hash!))], tree.Root(2), tree.Root(size)));
        foreach (string wrong in (string[])[$"/log/tile/0/000.p/{size + 1}", "/log/tile/0/001", "/log/tile/1/000", "/log/tile/00/000", "/log/tile/9/000", "/log/tile/0/x", "/log/inclusion?hash=" + new string('0', 64)])
        {
            using HttpResponseMessage answer = await anybody.GetAsync(wrong, Cancel);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }
    }

    [Fact]
    public async Task A_database_that_is_behind_what_was_published_starts_with_payouts_locked()
    {
        Assert.SkipWhen(TestDatabase.IsPostgres, "an older copy of the database is put in its place as a file");
        await StatementAsync(batches: 1);
        Assert.Null(_backend.Part<PayoutLock>().Reason);
        string copy = Path.Combine(_backend.DataFolder, "older.db");
        await _backend.Part<StoreWriter>().RunAsync(_ => { });
        using (var connection = new SqliteConnection($"Data Source={Path.Combine(_backend.DataFolder, DataFolder.DatabaseName)};Pooling=false"))
        {
            connection.Open();
            connection.Execute("VACUUM INTO @copy", new { copy });
        }

        await StatementAsync(batches: 1);
        await _backend.RestartAsync(() => File.Move(copy, Path.Combine(_backend.DataFolder, DataFolder.DatabaseName), overwrite: true));
        Assert.Contains("Payouts are locked", _backend.Part<PayoutLock>().Reason?.ToString(), StringComparison.Ordinal);

        // What is stored from now on must not become a second past, nor open the payouts at the next start.
        string published = await File.ReadAllTextAsync(Path.Combine(_backend.DataFolder, "checkpoint.txt"), Cancel);
        for (int i = 0; i < 30; i++)
        {
            await _backend.Http.PostAsJsonAsync("/api/funding", new { amountMicro = "1", reference = $"later-{i}" }, Cancel);
        }

        Assert.False(await _backend.Part<ProofLog>().AppendAsync());
        await _backend.RestartAsync();
        Assert.Contains("Payouts are locked", _backend.Part<PayoutLock>().Reason?.ToString(), StringComparison.Ordinal);
        Assert.Equal(published, await File.ReadAllTextAsync(Path.Combine(_backend.DataFolder, "checkpoint.txt"), Cancel));
        await _backend.RestartAsync(() => File.WriteAllText(Path.Combine(_backend.DataFolder, "checkpoint.txt"), "no checkpoint"));
        Assert.Contains("cannot be read", _backend.Part<PayoutLock>().Reason?.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_log_s_own_operator_could_make_up_is_named()
    {
        string text = await StatementAsync(batches: 2);
        VerifierKey key = VerifierKey.Read(await _backend.Http.GetStringAsync("/log/key", Cancel))!;
        StatementFile file = StatementFile.Read(text);
        StatementFile.Line line = file.Lines[0];
        StatementFile Changed(StatementFile.Line first) => file with { Lines = [first, file.Lines[1]] };
        StatementFile.Run run = new(line.FirstReading, 1, Earns: true, "GridPower", -1_000_000, null);
        Assert.Contains(StatementProof.Faults(Changed(line with { Runs = [run] }), key), fault => fault.StartsWith("line 1, runs", StringComparison.Ordinal));
        Assert.Contains(StatementProof.Faults(Changed(line with { EnergyMicro = long.MaxValue.ToString(System.Globalization.CultureInfo.InvariantCulture) }), key), fault => fault.StartsWith("line 1, energyMicro", StringComparison.Ordinal));
        StatementFile.Transfer huge = line.Transfers[0] with { AmountMicro = long.MaxValue.ToString(System.Globalization.CultureInfo.InvariantCulture), Id = new string('0', 64) };
        Assert.NotEmpty(StatementProof.Faults(Changed(line with { Transfers = [.. line.Transfers, huge, huge] }), key));
        StatementFile.Line again = file.Lines[0] with { Transfers = [.. line.Transfers.Select(transfer => transfer with { Id = new string('1', 64) })] };
        Assert.Contains(StatementProof.Faults(file with { Lines = [.. file.Lines, again] }, key), fault => fault.Contains("earned in line 1 already", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Another_node_s_terms_and_terms_that_count_from_later_are_named()
    {
        using var other = new TestNode();
        NodeRequest registration = other.Registration() with { Operator = "otieno", Agreement = new AgreementRequest(6000, 3000, 1000, ManagerName: "region-1") };
        using HttpResponseMessage registered = await _backend.Http.PostAsJsonAsync("/api/nodes", new[] { registration }, Cancel);
        Assert.True(registered.IsSuccessStatusCode);
        other.OpensUnixSeconds = _node.OpensUnixSeconds;
        var sink = new CollectingSink(_backend.Part<IngestPipeline>(), _backend.Part<NodeDirectory>().Find(other.Id)!, other.Session);
        await sink.AskAsync(other.SignNext(delivered: 210));
        StatementFile mine = StatementFile.Read(await StatementAsync(batches: 1));
        StatementFile theirs = StatementFile.Read(await _backend.Http.GetStringAsync("/api/accounts/manager:region-1/evidence", Cancel));
        VerifierKey key = VerifierKey.Read(await _backend.Http.GetStringAsync("/log/key", Cancel))!;
        Assert.Equal("", string.Join("; ", StatementProof.Faults(theirs, key)));
        StatementFile Bent(Func<StatementFile.Line, StatementFile.Line> bend) => mine with { Lines = [bend(mine.Lines[0])] };

        // Their terms are in the log, so only what they say of themselves tells that they are another node's.
        Assert.Contains(StatementProof.Faults(Bent(line => line with { Pairing = theirs.Lines[0].Pairing }), key), fault => fault.StartsWith("line 1, registered: its figures", StringComparison.Ordinal));
        Assert.Contains(StatementProof.Faults(Bent(line => line with { Agreement = theirs.Lines[0].Agreement }), key), fault => fault.StartsWith("line 1, agreement: its figures", StringComparison.Ordinal));
        StatementFile stolen = theirs with { Lines = [theirs.Lines[0] with { Transfers = [.. theirs.Lines[0].Transfers.Select(transfer => transfer.Credit == "operator:otieno" ? transfer with { Credit = "operator:amina" } : transfer)] }] };
        Assert.Contains(StatementProof.Faults(stolen, key), fault => fault.EndsWith("pairing and agreement name operator:otieno", StringComparison.Ordinal));

        // Terms of a later time, as if they were in the log.
        StatementFile.Line early = mine.Lines[0];
        var faults = new List<string>();
        StatementFile.Event late = early.Tariff with { Content = early.Tariff.Content.Replace("\"fromUnixSeconds\":0", "\"fromUnixSeconds\":4000000000", StringComparison.Ordinal) };
        new LineProof(early with { Tariff = late }, (field, fault) => faults.Add($"{field}: {fault}"), (_, _, _) => true).Check();
        Assert.Equal(["tariff: it counts from later than these readings"], faults);
    }

    [Fact]
    public async Task Readings_that_were_held_and_released_stand_in_a_line_of_their_own_and_both_lines_hold()
    {
        await StatementAsync(batches: 1);

        // The clock was set back by a slot: the first reading of the next batch overlaps, and those behind it do not.
        _node.OpensUnixSeconds -= 300;
        await StatementAsync(batches: 1);
        using HttpResponseMessage released = await _backend.Http.PostAsJsonAsync($"/api/review/{_node.Id}", new { decision = "release", reason = "looked at" }, Cancel);
        Assert.True(released.IsSuccessStatusCode, await released.Content.ReadAsStringAsync(Cancel));
        string text = await StatementAsync(batches: 0);
        StatementFile file = StatementFile.Read(text);
        Assert.Equal(3, file.Lines.Length);
        Assert.Equal("", string.Join("; ", StatementProof.Faults(file, VerifierKey.Read(await _backend.Http.GetStringAsync("/log/key", Cancel))!)));
    }

    private async Task<string> StatementAsync(int batches)
    {
        for (int i = 0; i < batches; i++)
        {
            await _sink.AskAsync(_node.SignNext(delivered: 200 + i));
        }

        var log = _backend.Part<ProofLog>();
        await Eventually.HoldsAsync(() => JudgedAsync().GetAwaiter().GetResult(), "every batch has its verdicts");
        while (await log.AppendAsync())
        {
            // The service does the same now and then.
        }

        return await _backend.Http.GetStringAsync("/api/accounts/operator:amina/evidence", Cancel);
    }

    private async Task<bool> JudgedAsync() => (long)(await _backend.Http.GetFromJsonAsync<JsonNode>("/api/summary", Cancel))!["verdictBacklog"]! == 0;

    private static bool IsNoticed(string text, VerifierKey key)
    {
        try
        {
            return StatementProof.Faults(StatementFile.Read(text), key).Count > 0;
        }
        catch (System.Text.Json.JsonException)
        {
            return true;
        }
    }

    private static IEnumerable<string> Values(JsonNode node, string path) => node switch
    {
        JsonObject fields => fields.Where(field => field.Value is not null).SelectMany(field => Values(field.Value!, $"{path}/{field.Key}")),
        JsonArray items => items.SelectMany((item, i) => Values(item!, $"{path}/{i}")),
        _ => [path],
    };

    // What is only for people (figures of a run) and what says that more follows, which nobody can prove, may change without harm.
    private static bool Change(JsonNode root, string path)
    {
        string[] parts = path[1..].Split('/');
        JsonNode parent = root;
        foreach (string part in parts[..^1])
        {
            parent = parent is JsonArray items ? items[int.Parse(part, System.Globalization.CultureInfo.InvariantCulture)]! : parent[part]!;
        }

        JsonNode old = parent is JsonArray list ? list[int.Parse(parts[^1], System.Globalization.CultureInfo.InvariantCulture)]! : parent[parts[^1]]!;
        if (parts[^1] is "figures" or "name" or "nextAfter" or "waiting")
        {
            return false;
        }

        JsonNode? changed = old.GetValueKind() switch
        {
            System.Text.Json.JsonValueKind.Number => JsonValue.Create((long)old + 1),
            System.Text.Json.JsonValueKind.String => JsonValue.Create(Bent((string)old!)),
            _ => JsonValue.Create(!(bool)old),
        };
        if (parent is JsonArray array)
        {
            array[int.Parse(parts[^1], System.Globalization.CultureInfo.InvariantCulture)] = changed;
        }
        else
        {
            parent[parts[^1]] = changed;
        }

        return true;
    }

    private static string Bent(string text)
    {
        int middle = text.Length / 2;
        char bent = text[middle] == '0' ? '1' : '0';
        return text[..middle] + bent + text[(middle + 1)..];
    }
}
