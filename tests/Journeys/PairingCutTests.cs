using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Dapper;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using DePin.Tests.Support;

namespace DePin.Tests.Journeys;

/// <summary>Power or link goes at every step of a pairing on the node's side, with the real core and the real backend: paired once, or not at all and then once.</summary>
public sealed class PairingCutTests(ITestOutputHelper output)
{
    private static readonly Dictionary<string, string> Site = new() { ["place"] = "Kisumu 12", ["latitude"] = "-0.09", ["longitude"] = "34.77" };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_pairing_that_is_cut_at_any_step_ends_well_paired_once_or_not_at_all()
    {
        await using RunningBackend backend = await RunningBackend.StartAsync(change: settings => settings with { Pairing = settings.Pairing with { ChallengeSeconds = 10 } });
        using HttpClient manager = backend.As("mary", Roles.Manager);
        using HttpResponseMessage bought = await manager.PostAsJsonAsync("/api/production-runs", new { name = "r", profile = "lamp-small", bought = 100, unitPriceUsdCents = 2400, payer = "ngo-1", invoice = "1" }, Cancel);
        Assert.True(bought.IsSuccessStatusCode);
        var cases = (from step in Enum.GetValues<PairStep>() from losesPower in (bool[])[true, false] from stays in (bool[])[true, false] select (step, losesPower, stays)).ToArray();

        // Each person one lamp after the other: so many may sign in from one address.
        Outcome[][] done = await Task.WhenAll(cases.Index().Chunk(2).Select(async some =>
        {
            using PagesClient person = await PagesClient.JoinedAsync(backend, $"operator{some[0].Index}", Roles.Operator);
            return new[] { await PairAsync(backend, person, some[0].Index + 1, some[0].Item), await PairAsync(backend, person, some[1].Index + 1, some[1].Item) };
        }));
        Outcome[] outcomes = [.. done.SelectMany(some => some)];
        Assert.All(outcomes, outcome => Assert.True(outcome is { IsCut: true, Pairings: 1, Events: 1, UnusedClaims: 0 }, outcome.ToString()));
        output.WriteLine($"{outcomes.Length} pairings cut at {Enum.GetValues<PairStep>().Length} steps, {cases.Count(one => one.losesPower)} by power and {cases.Count(one => !one.losesPower)} by the link: "
            + $"{outcomes.Sum(outcome => outcome.Pairings)} pairings, each with one event and no claim left");
    }

    private static async Task<Outcome> PairAsync(RunningBackend backend, PagesClient person, int seed, (PairStep Step, bool LosesPower, bool Stays) one)
    {
        (PairStep step, bool losesPower, bool stays) = one;
        await using var lamp = new CutLamp(backend, seed, step, losesPower);
        string label = await RegisterAsync(backend, lamp, seed);
        await person.SubmitAsync(label, Site);
        bool begunAnew = false;
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(300));
        await Eventually.HoldsAsync(
            async () =>
            {
                if (lamp.IsCut && Pairings(backend, lamp) == 1)
                {
                    return true;
                }

                // The page asks by itself. Some load it again when the light goes out, and begin anew.
                await pace.WaitForNextTickAsync(Cancel);
                bool begins = lamp.IsCut && !stays && !begunAnew;
                if (begins || (await person.GetAsync(label + "/state")).Status == HttpStatusCode.NotFound)
                {
                    begunAnew = true;
                    await person.SubmitAsync("/account", Site, to: label);
                }

                return false;
            },
            $"cut at {step}, {(losesPower ? "power" : "link")}, {(stays ? "stays" : "begins anew")}: it is paired in the end",
            120);
        using var connection = backend.Part<Database>().OpenReader();
        return new Outcome(
            step, losesPower, stays, lamp.IsCut, Pairings(backend, lamp),
            connection.ExecuteScalar<int>("SELECT count(*) FROM event e JOIN node n ON n.id = e.node WHERE e.kind = 'pairing' AND n.node_id = @Id", new { lamp.Id }),
            connection.ExecuteScalar<int>("SELECT count(*) FROM claim c JOIN node n ON n.id = c.node WHERE c.used_ms IS NULL AND n.node_id = @Id", new { lamp.Id }));
    }

    private static int Pairings(RunningBackend backend, CutLamp lamp)
    {
        using var connection = backend.Part<Database>().OpenReader();
        return connection.ExecuteScalar<int>("SELECT count(*) FROM pairing p JOIN node n ON n.id = p.node WHERE n.node_id = @Id", new { lamp.Id });
    }

    private static async Task<string> RegisterAsync(RunningBackend backend, CutLamp lamp, int seed)
    {
        using HttpClient technician = backend.As("tess", Roles.Technician);
        using HttpResponseMessage answer = await technician.PostAsJsonAsync(
            "/api/registrations",
            new
            {
                lamp.PublicKey,
                lamp.LoginPassword,
                lamp.DownKey,
                profile = "lamp-small",
                productionRun = "r",
                boardSerial = $"AA{seed:00}",
                firmware = "0102030405060708",
                selfTest = new { sensors = new[] { "panel" }, idleMicroamps = 1, batteryMillivolts = 3300 },
            },
            Cancel);
        string text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.True(answer.IsSuccessStatusCode, text);
        JsonNode registered = JsonNode.Parse(text)!;
        return $"/p/{registered["nodeId"]}/{registered["claim"]}";
    }

    private sealed record Outcome(PairStep Step, bool LosesPower, bool Stays, bool IsCut, int Pairings, int Events, int UnusedClaims);
}
