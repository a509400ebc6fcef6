using System.Text.Json.Nodes;
using DePin.Fleet.People;
using DePin.Node.Moving;
using DePin.Tests.Support;
using DePin.Tools.Commands;

namespace DePin.Tests.Tools;

/// <summary>A change of settings from the command line: made by one, signed by two, checked, sent, and kept by a lamp.</summary>
public sealed class SettingsCommandTests
{
    [Fact]
    public async Task A_change_that_two_people_signed_is_sent_and_moves_the_lamp_to_the_other_backend()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("passphrase"), "long enough for a test\n", TestContext.Current.CancellationToken);
        var keys = new List<byte[]>();
        foreach (string name in (string[])["amina.key", "juma.key"])
        {
            await RunAsync(0, "release", "keys", folder.File(name), "--passphrase-file", folder.File("passphrase"));
            keys.Add(Convert.FromHexString((await File.ReadAllTextAsync(folder.File(name + ".pub"), TestContext.Current.CancellationToken)).Trim()));
        }

        await using RunningBackend first = await RunningBackend.StartAsync();
        await using RunningBackend second = await RunningBackend.StartAsync();
        await using MovableLamp lamp = MovableLamp.For(first, [.. keys]);
        await lamp.RegisterAsync(first);
        await lamp.RegisterAsync(second);
        await lamp.IsOnlineAtAsync(first);
        string file = folder.File("move-1.settings");
        await RunAsync(0, "settings", "make", "--version", "1", "--gateway", $"127.0.0.1:{second.MqttTlsPort}", "--trust-anchor", second.CaPath, "--out", file);
        await RunAsync(1, "settings", "verify", file, "--keys", folder.File("amina.key.pub"), "--keys", folder.File("juma.key.pub"));
        await RunAsync(2, "settings", "send", file, "--node", lamp.Id);
        foreach (string name in (string[])["amina.key", "juma.key"])
        {
            await RunAsync(0, "release", "sign", file, "--key", folder.File(name), "--passphrase-file", folder.File("passphrase"));
        }

        JsonNode verified = JsonNode.Parse(await RunAsync(0, "settings", "verify", file, "--keys", folder.File("amina.key.pub"), "--keys", folder.File("juma.key.pub"), "--json"))!;
        Assert.Equal((1, 2), ((int)verified["version"]!, (int)verified["right"]!));
        await File.WriteAllTextAsync(folder.File("token"), first.TokenOf("wanjiru", Roles.Manager), TestContext.Current.CancellationToken);
        await RunAsync(0, "settings", "send", file, "--node", lamp.Id, "--backend", first.Http.BaseAddress!.ToString(), "--token-file", folder.File("token"));
        await lamp.IsOnlineAtAsync(second);
        await lamp.StandsAsync(where => where.SignedState == MoveState.Kept && where.Version == 1, "it is kept");
        await RunAsync(2, "settings", "make", "--version", "1", "--gateway", "a:1", "--trust-anchor", second.CaPath, "--out", file);
    }

    private static async Task<string> RunAsync(int code, params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        Assert.True(await CommandLine.RunAsync(arguments, output, errors, TestContext.Current.CancellationToken) == code, $"{string.Join(' ', arguments)}: {output}{errors}");
        return output.ToString();
    }
}
