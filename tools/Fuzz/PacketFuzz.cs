using System.Net;
using System.Net.Sockets;
using System.Text;
using DePin.Tools.Backend;

namespace DePin.Tools.Fuzz;

/// <summary>What a backend went through.</summary>
/// <param name="Connections">Connections made to its MQTT port.</param>
/// <param name="Bytes">Bytes sent to it.</param>
/// <param name="PeakMemoryMb">Its peak memory.</param>
/// <param name="Problems">What went wrong; none in a good run.</param>
internal sealed record PacketFuzzResult(long Connections, long Bytes, double PeakMemoryMb, IReadOnlyList<string> Problems);

/// <summary>Throws mutated MQTT packets at a backend of its own and looks whether it still serves, and at what memory.</summary>
internal static class PacketFuzz
{
    /// <summary>Memory a backend may have after a run; it starts with about 100 MB.</summary>
    public const double MemoryBoundMb = 600;

    private const int MaxInputBytes = 40 * 1024;
    private const int AtOnce = 16;

    public static async Task<PacketFuzzResult> RunAsync(string vectorFolder, long connections, int seed, CancellationToken cancellationToken)
    {
        using ScratchFolder folder = ScratchFolder.Make("depin-fuzz-", kept: null);
        await using BackendChild backend = await BackendChild.StartAsync(new BackendOptions { DataFolder = folder.Path }, cancellationToken);
        int port = backend.Addresses.MqttPlain!.Port;
        var mutator = new Mutator(Packets(vectorFolder), seed, MaxInputBytes);
        var problems = new List<string>();
        long bytes = 0;
        long left = connections;
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async worker =>
        {
            for (int i = 0; Interlocked.Decrement(ref left) >= 0 && problems.Count == 0; i++)
            {
                byte[] input;
                lock (mutator)
                {
                    input = mutator.Next();
                    bytes += input.Length;
                }

                await SendAsync(Source(worker, i), port, input, cancellationToken);
                if (backend.HasExited)
                {
                    lock (mutator)
                    {
                        problems.Add($"the backend ended after {Convert.ToHexStringLower(input)}");
                    }
                }
            }
        }));

        if (problems.Count == 0 && !await AnswersAsync(port, cancellationToken))
        {
            problems.Add("the backend no longer answers a CONNECT");
        }

        double memory = Processes.PeakMemoryMb(backend.ProcessId);
        if (memory > MemoryBoundMb)
        {
            problems.Add($"the backend took {memory:0} MB");
        }

        await backend.StopAsync();
        if (File.ReadLines(backend.LogFile).FirstOrDefault(line => line.Contains("Exception", StringComparison.Ordinal)) is { } logged)
        {
            problems.Add($"the backend logged: {logged.Trim()}");
        }

        return new PacketFuzzResult(connections, bytes, memory, problems);
    }

    /// <summary>Good packets to begin with: a CONNECT, subscriptions, publications of the vectors, a ping.</summary>
    public static IReadOnlyList<byte[]> Packets(string vectorFolder)
    {
        byte[] connect = Packet(0x10, [.. Text("MQTT"), 4, 0xC2, 0, 60, .. Text("0000000000000000"), .. Text("0000000000000000"), .. Text(new string('a', 64))]);
        byte[] subscribe = Packet(0x82, [0, 1, .. Text("depin/1/0000000000000000/down/receipt"), 1]);
        byte[] unsubscribe = Packet(0xA2, [0, 2, .. Text("depin/1/0000000000000000/down/receipt")]);
        List<byte[]> packets = [connect, subscribe, new byte[] { 0xC0, 0 }, new byte[] { 0xE0, 0 }, unsubscribe, [.. connect, .. subscribe]];
        packets.AddRange(ContractFuzz.Seeds(vectorFolder).Select(seed => Packet(0x32, [.. Text("depin/1/0000000000000000/up/batch"), 0, 3, .. seed])));
        return packets;
    }

    // A closed connection keeps its port for a minute: a million of them need many addresses of the loopback network.
    private static IPEndPoint Source(int worker, int connection) => new(new IPAddress([127, (byte)(1 + worker), (byte)(connection / 8000 % 250), 1]), 0);

    private static async Task SendAsync(IPEndPoint source, int port, byte[] input, CancellationToken cancellationToken)
    {
        using var client = new TcpClient(source);
        await client.ConnectAsync("127.0.0.1", port, cancellationToken);
        try
        {
            await client.GetStream().WriteAsync(input, cancellationToken);
        }
        catch (IOException)
        {
            // The backend closed on the first bytes: that is its right.
        }
    }

    private static async Task<bool> AnswersAsync(int port, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", port, cancellationToken);
        await client.GetStream().WriteAsync(Packet(0x10, [.. Text("MQTT"), 4, 0xC2, 0, 60, .. Text("0000000000000000"), .. Text("0000000000000000"), .. Text("wrong")]), cancellationToken);
        var answer = new byte[4];
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(10));
        await client.GetStream().ReadExactlyAsync(answer, limit.Token);
        return answer is [0x20, 2, 0, 4];
    }

    private static byte[] Text(string text) => [(byte)(text.Length >> 8), (byte)text.Length, .. Encoding.ASCII.GetBytes(text)];

    private static byte[] Packet(byte head, byte[] body)
    {
        var length = new List<byte>();
        int rest = body.Length;
        do
        {
            length.Add((byte)((rest & 0x7F) | (rest > 0x7F ? 0x80 : 0)));
            rest >>= 7;
        }
        while (rest > 0);
        return [head, .. length, .. body];
    }
}
