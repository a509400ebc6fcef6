using System.Data.Common;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using DePin.Contracts.Updates;
using DePin.Fleet.Storage;
using DePin.Fleet.Updates;
using DePin.Tests.Support;
using DePin.Tools.Api;
using DePin.Tools.Backend;

namespace DePin.Tests.Updates;

/// <summary>The backend as a process of its own, killed with SIGKILL in the middle of a rollout.</summary>
public sealed class KillTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_kill_in_the_middle_of_a_download_loses_no_report_and_the_rollout_goes_on()
    {
        using var folder = new TemporaryFolder();
        using var keys = new ReleaseKeys(2);
        using var first = new TestNode();
        using var second = new TestNode();
        byte[] bundle = RandomNumberGenerator.GetBytes(20_000);
        await File.WriteAllTextAsync(folder.File("settings.json"), JsonSerializer.Serialize(new { updates = new { releaseKeys = keys.Hex } }), Cancel);
        var options = new BackendOptions { DataFolder = folder.File("data"), SettingsFile = folder.File("settings.json") };
        BackendChild backend = await BackendChild.StartAsync(options, Cancel);
        try
        {
            using (HttpClient mary = Client(backend))
            {
                await PostAsync(mary, "/api/nodes", JsonContent.Create(new[] { first.Registration(), second.Registration() }));
                await PostAsync(mary, "/api/artifacts", new ByteArrayContent(bundle));
                JsonNode release = await PostAsync(mary, "/api/releases?recordRunning=true", new ByteArrayContent(keys.Release(bundle, manifest => manifest.ExpiresUnixSeconds = 4_000_000_000)));
                var plan = new
                {
                    name = "October",
                    reason = "better",
                    release = (string?)release["id"],
                    canary = new { nodes = 2 },
                    waves = Array.Empty<object>(),
                    rate = new { offersPerMinute = 6000 },
                    gate = new { executedPercent = 100, soakMinutes = 0 },
                };
                await PostAsync(mary, "/api/rollouts", JsonContent.Create(plan));
            }

            // A second manager is nobody's token on this machine: what they would decide is stored as the API stores it.
            await backend.StopAsync();
            Approve(options.DataFolder);
            backend = await BackendChild.StartAsync(options, Cancel);
            using (HttpClient mary = Client(backend))
            {
                await PostAsync(mary, "/api/rollouts/1/start", JsonContent.Create(new { reason = "as agreed" }));
            }

            UpdateNode half = await UpdateNode.ConnectAsync(backend.Addresses.MqttPlain!.Port, first);
            UpdateNotice offer = await half.HearAsync(UpdateNotice.Offer);
            await half.ReportAsync(offer, UpdateState.Accepted);
            await half.DownloadAsync(UpdateNode.IdOf(offer), 0, 9);
            await half.ReportAsync(offer, UpdateState.Downloading);
            await backend.KillAsync();
            await half.DisposeAsync();

            backend = await BackendChild.StartAsync(options, Cancel);
            await using UpdateNode back = await UpdateNode.ConnectAsync(backend.Addresses.MqttPlain!.Port, first, counter: half.Counter);
            await using UpdateNode other = await UpdateNode.ConnectAsync(backend.Addresses.MqttPlain!.Port, second);
            UpdateNotice again = await back.HearAsync(UpdateNotice.Offer);
            Assert.Equal(offer.Attempt, again.Attempt);
            using (HttpClient mary = Client(backend))
            {
                JsonNode wave = (await mary.GetFromJsonAsync<JsonNode>("/api/rollouts/1", Cancel))!["waves"]![0]!;
                Assert.Equal(1, (long)wave["nodes"]!["downloading"]!);
                await back.DownloadAsync(UpdateNode.IdOf(again), 9, 20);
                await back.ReportAsync(again, UpdateState.Confirmed, firmware: SHA256.HashData(bundle)[..8]);
                await other.UpdateAsync(bundle);
                await Eventually.HoldsAsync(async () => (string?)(await mary.GetFromJsonAsync<JsonNode>("/api/rollouts/1", Cancel))!["state"] == "done", "the rollout is done", 60);
            }
        }
        finally
        {
            await backend.DisposeAsync();
        }
    }

    private static void Approve(string dataFolder)
    {
        using DbConnection connection = TestDatabase.Tamper(dataFolder);
        RolloutStore.Approve(connection, 1, "otieno", 1);
    }

    private static HttpClient Client(BackendChild backend)
    {
        var client = new HttpClient { BaseAddress = new Uri(backend.Addresses.Http) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ApiTokenFile.Read(backend.Options.DataFolder, ApiTokenFile.Person));
        return client;
    }

    private static async Task<JsonNode> PostAsync(HttpClient http, string path, HttpContent content)
    {
        using HttpResponseMessage response = await http.PostAsync(path, content, Cancel);
        string text = await response.Content.ReadAsStringAsync(Cancel);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode} {text}");
        return JsonNode.Parse(text)!;
    }
}
