using System.Diagnostics;
using System.Globalization;
using DePin.Contracts;
using DePin.Tests.Support;

namespace DePin.Tests.Gateway;

/// <summary>Clients nobody here wrote, over TLS with the backend's own authority: mosquitto's and paho.</summary>
public sealed class ForeignClientTests : IAsyncLifetime
{
    private readonly TestNode _node = new();
    private readonly TemporaryFolder _folder = new();
    private RunningBackend _backend = null!;

    public async ValueTask InitializeAsync()
    {
        _backend = await RunningBackend.StartAsync();
        await _backend.RegisterAsync(_node);
    }

    public async ValueTask DisposeAsync()
    {
        _node.Dispose();
        await _backend.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Mosquitto_publishes_a_signed_batch_and_gets_the_receipt()
    {
        string file = _folder.File("batch");
        await File.WriteAllBytesAsync(file, _node.SignNext(), TestContext.Current.CancellationToken);
        (int code, string said) = await RunAsync("mosquitto_pub", [.. Login(), "-V", "311", "-q", "1", "-t", Topic(Topics.Batch), "-f", file]);
        Assert.True(code == 0, said);
        (code, said) = await RunAsync("mosquitto_sub", [.. Login(), "-V", "311", "-q", "1", "-t", Topic(Topics.Receipt), "-C", "1", "-W", "10", "-F", "%x"]);
        Assert.True(code == 0, said);
        Assert.Equal(13, _node.OpenReceipt(Convert.FromHexString(said.Trim())).Next);
    }

    [Fact]
    public async Task Mosquitto_is_told_that_the_password_is_wrong()
    {
        (int code, string said) = await RunAsync("mosquitto_pub", [.. Login("00"), "-V", "311", "-t", Topic(Topics.Batch), "-m", "x"]);
        Assert.NotEqual(0, code);
        Assert.Contains("bad user name or password", said, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("mqttv5", "unsupported protocol version")]
    [InlineData("mqttv31", "unacceptable protocol version")]
    public async Task Mosquitto_is_told_that_its_version_is_unknown(string version, string words)
    {
        (int code, string said) = await RunAsync("mosquitto_pub", [.. Login(), "-V", version, "-t", Topic(Topics.Batch), "-m", "x"]);
        Assert.NotEqual(0, code);
        Assert.Contains(words, said, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Mosquitto_is_closed_out_of_another_nodes_topics()
    {
        (int code, string said) = await RunAsync("mosquitto_sub", [.. Login(), "-V", "311", "-t", "depin/1/0000000000000000/down/receipt", "-C", "1", "-W", "2"]);
        Assert.NotEqual(0, code);
        Assert.DoesNotContain("receipt", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Paho_does_all_of_it_and_is_closed_out_for_each_offence()
    {
        string batch = _folder.File("batch");
        await File.WriteAllBytesAsync(batch, _node.SignNext(), TestContext.Current.CancellationToken);
        (int code, string said) = await RunAsync("/usr/bin/python3", [Checkout.File("tests", "Gateway", "paho_client.py"), "127.0.0.1", Port, _backend.CaPath, _node.Id.ToString(), _node.Password, batch]);
        Assert.True(code == 0, said);
        string receipt = said.Split('\n').Single(line => line.StartsWith("receipt ", StringComparison.Ordinal))["receipt ".Length..];
        Assert.Equal(13, _node.OpenReceipt(Convert.FromHexString(receipt.Trim())).Next);
        foreach (string offence in (string[])["publish elsewhere", "subscribe elsewhere", "second CONNECT", "oversized packet", "wrong password"])
        {
            Assert.Contains($"closed: {offence}", said, StringComparison.Ordinal);
        }
    }

    private string Port => _backend.MqttTlsPort.ToString(CultureInfo.InvariantCulture);

    private string Topic(string part) => Topics.Of(_node.Id.ToString(), part);

    private string[] Login(string? password = null) =>
        ["-h", "127.0.0.1", "-p", Port, "--cafile", _backend.CaPath, "-i", _node.Id.ToString(), "-u", _node.Id.ToString(), "-P", password ?? _node.Password];

    private static async Task<(int Code, string Said)> RunAsync(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        Array.ForEach(arguments, start.ArgumentList.Add);
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output + await errors);
    }
}
