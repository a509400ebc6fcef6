using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using DePin.Fleet.People;
using DePin.Tests.Support;
using DePin.Tests.Updates;

namespace DePin.Tests.Api;

/// <summary>A TypeScript client, made from the document by a generator that nobody here wrote, compiled strictly, and run against a backend.</summary>
public sealed class TypeScriptTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static string Modules => Path.Combine(Checkout.Root, "tests", "TypeScript", "node_modules");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task A_generated_client_registers_a_node_reads_a_statement_and_drives_a_rollout()
    {
        using var keys = new ReleaseKeys(2);
        using var node = new TestNode();
        await using RunningBackend backend = await RunningBackend.StartAsync(change: settings => settings with { Updates = settings.Updates with { ReleaseKeys = keys.Hex } });
        await File.WriteAllTextAsync(_temporary.File("openapi.json"), await backend.Http.GetStringAsync("/api/openapi.json", Cancel), Cancel);
        await RunAsync("@hey-api/openapi-ts/bin/index.cjs", "--input", _temporary.File("openapi.json"), "--output", _temporary.File("client"), "--no-log-file");
        File.Copy(Path.Combine(Checkout.Root, "tests", "TypeScript", "fleet.ts"), _temporary.File("fleet.ts"));
        await RunAsync(
            "typescript/bin/tsc", "--strict", "--noUncheckedIndexedAccess", "--target", "es2022", "--module", "commonjs", "--moduleResolution", "node10", "--ignoreDeprecations", "5.0", "--lib", "es2022,dom,dom.iterable",
            "--outDir", _temporary.File("made"), _temporary.File("fleet.ts"));

        byte[] bundle = RandomNumberGenerator.GetBytes(5000);
        var given = new
        {
            address = backend.Http.BaseAddress!.ToString().TrimEnd('/'),
            tokens = new[] { backend.TokenOf("mary", Roles.Manager), backend.TokenOf("otieno", Roles.Manager) },
            node = node.Registration(),
            bundle = Convert.ToBase64String(bundle),
            release = Convert.ToBase64String(keys.Release(bundle, manifest => manifest.ExpiresUnixSeconds = 4_000_000_000)),
        };
        string said = await RunNodeAsync(_temporary.File("made/fleet.js"), JsonSerializer.Serialize(given, JsonSerializerOptions.Web));
        JsonNode did = JsonNode.Parse(said.Trim().Split('\n')[^1])!;
        Assert.Equal((node.Id.ToString(), "registered", "registered"), ((string?)did["id"], (string?)did["registered"], (string?)did["again"]));
        Assert.Equal(("Kisumu 12", "0"), ((string?)did["place"], (string?)did["balance"]));
        Assert.Equal(["builder:ngo-1", "funders", "issued", "operator:amina", "reserve"], did["names"]!.AsArray().Select(name => (string)name!).Where(name => !name.StartsWith("paid", StringComparison.Ordinal) && name != "payouts"));
        Assert.Equal((Convert.ToHexStringLower(SHA256.HashData(bundle)), "2026.10"), ((string?)did["sha256"], (string?)did["release"]));
        Assert.Equal(409, (int)did["refused"]!);
        Assert.Contains("mary", (string?)did["sentence"], StringComparison.Ordinal);
        Assert.Equal(["signed", "approved", "canary", "paused", "stopped"], did["states"]!.AsArray().Select(state => (string)state!));
        Assert.Equal("stopped", (string?)did["line"]);
        Assert.Equal("stopped", (string?)JsonNode.Parse(await backend.Http.GetStringAsync("/api/rollouts/1", Cancel))!["state"]);
    }

    private static Task<string> RunAsync(string program, params string[] arguments) => RunNodeAsync([Path.Combine(Modules, program), .. arguments]);

    private static async Task<string> RunNodeAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("node", arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync(Cancel);
        string output = await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        Assert.True(process.ExitCode == 0, $"node {arguments[0]} ended with {process.ExitCode}: {output} {await errors}");
        return output;
    }
}
