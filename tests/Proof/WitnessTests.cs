using System.Data.Common;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using DePin.Fleet.Proof;
using DePin.Fleet.Storage;
using DePin.Tests.Support;
using DePin.Tools.Proof;

namespace DePin.Tests.Proof;

/// <summary>Outside witnesses sign the log beside it, and refuse another past.</summary>
public sealed class WitnessTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_witnesses_sign_every_checkpoint_and_a_statement_that_asks_for_them_holds()
    {
        await using TestWitness first = await TestWitness.StartAsync("witness.example/w1");
        await using TestWitness second = await TestWitness.StartAsync("witness.example/w2");
        await using RunningBackend backend = await StartAsync(first, second);
        await FundAsync(backend, "one");
        await CosignedAsync(backend, size => size > 0 && first.Size == size && second.Size == size);
        await FundAsync(backend, "two");
        string note = await CosignedAsync(backend, size => size > 1 && first.Size == size && second.Size == size);
        Assert.All((TestWitness[])[first, second], witness => Assert.NotNull(VerifierKey.Read(witness.Key)!.Open(note)));

        string text = await backend.Http.GetStringAsync("/api/accounts/issued/evidence", Cancel);
        StatementFile file = StatementFile.Read(text);
        VerifierKey key = VerifierKey.Read(await backend.Http.GetStringAsync("/log/key", Cancel))!;
        Assert.Equal(2, file.Movements.Length);
        Assert.Equal("2000", file.MovementsMicro);
        Assert.Empty(StatementProof.Faults(file, key, VerifierKey.Read(first.Key)!, VerifierKey.Read(second.Key)!));

        await using TestWitness stranger = await TestWitness.StartAsync("witness.example/w3");
        Assert.Equal("checkpoint: the witness witness.example/w3 did not sign it", Assert.Single(StatementProof.Faults(file, key, VerifierKey.Read(stranger.Key)!)));
        string bent = text.Replace(file.Movements[0].AmountMicro, "1001", StringComparison.Ordinal);
        Assert.Contains(StatementProof.Faults(StatementFile.Read(bent), key), fault => fault.StartsWith("movement", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_witness_that_is_away_or_signed_another_past_stops_nothing_and_its_problem_is_shown()
    {
        await using TestWitness witness = await TestWitness.StartAsync("witness.example/w1");
        await using RunningBackend backend = await StartAsync(witness, null);
        await FundAsync(backend, "one");
        await CosignedAsync(backend, size => size > 0);

        // Another log of the same name and key, shorter than what the witness signed: the data folder with an older database.
        for (int i = 0; i < 3; i++)
        {
            await FundAsync(backend, $"more-{i}");
        }

        await CosignedAsync(backend, size => size >= 4);
        await backend.RestartAsync(() =>
        {
            TestDatabase.Lose(backend.DataFolder);
            File.Delete(Path.Combine(backend.DataFolder, "checkpoint.txt"));
        });
        await FundAsync(backend, "other");
        await Eventually.HoldsAsync(
            () => ((string?)StandingAsync(backend).GetAwaiter().GetResult()!["problem"])?.Length > 0, "the witness's refusal is shown");
        Assert.Contains("it", (string)(await StandingAsync(backend))["problem"]!, StringComparison.Ordinal);
        using HttpResponseMessage none = await backend.Http.GetAsync("/log/checkpoint/cosigned", Cancel);
        Assert.Equal(System.Net.HttpStatusCode.NotFound, none.StatusCode);
    }

    [Theory]
    [InlineData("http://witness.example/w", "must begin with https://")]
    [InlineData("https://witness.example/w", "must be a cosignature key")]
    public void A_witness_that_cannot_be_one_is_refused_at_start(string url, string problem) =>
        Assert.Contains(problem, WitnessSettings.Problem([new WitnessSettings(url, "witness.example+00000000+AAAA")]), StringComparison.Ordinal);

    private static async Task<RunningBackend> StartAsync(TestWitness first, TestWitness? second)
    {
        RunningBackend backend = await RunningBackend.StartAsync(change: settings => settings with
        {
            SecondsBetweenWitnessings = 1,
            Witnesses = [.. ((TestWitness?[])[first, second]).OfType<TestWitness>().Select(witness => new WitnessSettings(witness.Url, witness.Key))],
        });
        VerifierKey log = VerifierKey.Read(await backend.Http.GetStringAsync("/log/key", Cancel))!;
        first.Trust(log);
        second?.Trust(log);
        return backend;
    }

    private static async Task FundAsync(RunningBackend backend, string reference)
    {
        using HttpResponseMessage funded = await backend.Http.PostAsJsonAsync("/api/funding", new { amountMicro = "1000", reference }, Cancel);
        Assert.True(funded.IsSuccessStatusCode);
        while (await backend.Part<ProofLog>().AppendAsync())
        {
            // The service does the same now and then.
        }
    }

    private static async Task<string> CosignedAsync(RunningBackend backend, Func<long, bool> isEnough)
    {
        string note = "";
        await Eventually.HoldsAsync(
            () =>
            {
                using DbConnection connection = backend.Part<Database>().OpenReader();
                LogHead head = LogStore.Head(connection);
                note = head.Cosigned ?? "";
                return Checkpoint.Read(note) is { } checkpoint && checkpoint.Size == head.Size && isEnough(checkpoint.Size);
            },
            "the witnesses signed");
        return note;
    }

    private static async Task<JsonNode> StandingAsync(RunningBackend backend) => (await backend.Http.GetFromJsonAsync<JsonNode>("/log/witnesses", Cancel))!.AsArray().Single()!;
}
