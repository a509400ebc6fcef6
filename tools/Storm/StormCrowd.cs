using System.Diagnostics;
using DePin.Host.Mqtt;
using DePin.Host.Platform;
using DePin.Tools.Backend;
using DePin.Tools.Bench;

namespace DePin.Tools.Storm;

/// <summary>Nodes on real connections, all ticked by one loop.</summary>
internal sealed class StormCrowd : IAsyncDisposable
{
    // A device goes round every 40 ms; nothing here is decided faster than in tenths of seconds.
    private static readonly TimeSpan Round = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(20);

    // A node that only waits says nothing for long; its own bounds count, so the link's lie above them.
    private static readonly MqttLinkOptions Options = new() { KeepAlive = TimeSpan.FromSeconds(240), ConnectTimeout = TimeSpan.FromSeconds(90) };

    private readonly MqttLink[] _links;
    private readonly StormNode[] _nodes;
    private readonly CancellationTokenSource _end = new();
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly Task _living;
    private volatile int _back;

    public StormCrowd(Lamp[] lamps, GatewayAddress gateway, int seed)
    {
        var digest = new PlatformDigest();
        _links = [.. lamps.Select(_ => new MqttLink(gateway, Options))];
        _nodes = [.. lamps.Select((lamp, index) => new StormNode(lamp.Identity(), digest, _links[index], new StormEntropy(unchecked((seed * 1_000_003) + index), hasJitter: true), Tally))];
        _living = Task.Run(LiveAsync);
    }

    /// <summary>What they tried.</summary>
    public StormTally Tally { get; } = new();

    /// <summary>The links' clock, milliseconds.</summary>
    public long Now => (long)Stopwatch.GetElapsedTime(_began).TotalMilliseconds;

    /// <summary>Returns when all are logged in and have their receipt.</summary>
    /// <exception cref="CommandException">They are not within twenty minutes.</exception>
    public Task AllBackAsync(BackendChild backend, CancellationToken cancellationToken) => Waiting.UntilAsync(
        () =>
        {
            backend.RequireAlive();
            return _back == _nodes.Length;
        },
        Limit, $"only {_back} of {_nodes.Length} nodes are back", cancellationToken);

    /// <summary>Returns when most have noticed that the gateway is away.</summary>
    /// <exception cref="CommandException">They did not.</exception>
    public Task MostAwayAsync(CancellationToken cancellationToken) => Waiting.UntilAsync(() => _back < _nodes.Length / 10, Limit, "nodes did not notice that the gateway is away", cancellationToken);

    /// <summary>They stop.</summary>
    public async Task StopAsync()
    {
        await _end.CancelAsync();
        await _living;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await Task.WhenAll(_links.Select(link => link.DisposeAsync().AsTask()));
        _end.Dispose();
    }

    private async Task LiveAsync()
    {
        using var timer = new PeriodicTimer(Round);
        try
        {
            while (true)
            {
                int back = 0;
                foreach (StormNode node in _nodes)
                {
                    node.Tick(Now);
                    back += node.IsBack ? 1 : 0;
                }

                _back = back;
                await timer.WaitForNextTickAsync(_end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Enough.
        }
    }
}
