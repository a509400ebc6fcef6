using System.Net;
using System.Net.Sockets;
using DePin.Tools.Bench;

namespace DePin.Tools.Storm;

/// <summary>
/// Lamps that go on sending while a storm passes: each a batch four times a second, as soon as it is connected. One that was cut off tries again every second.
/// </summary>
internal sealed class StormSenders(SignedHistory[] histories, EndPoint gateway) : IDisposable
{
    /// <summary>Batches a second that each wants to send.</summary>
    public const int BatchesPerSecond = 4;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly LampConnection[] _lamps = [.. histories.Select(history => new LampConnection(history))];
    private readonly List<int> _earlier = [];

    /// <summary>Batches that have their receipt.</summary>
    public int Acknowledged => _lamps.Sum(lamp => lamp.Acknowledged);

    /// <summary>Milliseconds within which 99 of 100 receipts came.</summary>
    public double AckP99Ms
    {
        get
        {
            int[] times = [.. _lamps.SelectMany(lamp => lamp.AckMicroseconds).Concat(_earlier).Where(time => time > 0).Order()];
            return times.Length == 0 ? 0 : Math.Round(times[(int)(0.99 * (times.Length - 1))] / 1000.0, 1);
        }
    }

    /// <summary>Sends until it is cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(Enumerable.Range(0, _lamps.Length).Select(index => LiveAsync(index, cancellationToken)));

    /// <inheritdoc />
    public void Dispose() => Array.ForEach(_lamps, lamp => lamp.Dispose());

    private async Task LiveAsync(int index, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await TrySendAsync(_lamps[index], cancellationToken);
                lock (_earlier)
                {
                    _earlier.AddRange(_lamps[index].AckMicroseconds.Where(time => time > 0));
                }

                _lamps[index].Dispose();
                _lamps[index] = new LampConnection(histories[index], _lamps[index].Acknowledged);
                await Task.Delay(Pause, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The storm is over.
        }
    }

    // Until the connection ends, or does not come about.
    private async Task TrySendAsync(LampConnection lamp, CancellationToken cancellationToken)
    {
        try
        {
            await lamp.OpenAsync(gateway, cancellationToken);
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / BatchesPerSecond));
            while (lamp.Closed is null)
            {
                lamp.Run(Math.Min(lamp.History.Count, lamp.Acknowledged + 1));
                await timer.WaitForNextTickAsync(cancellationToken);
            }
        }
        catch (Exception problem) when (problem is SocketException or IOException or TimeoutException)
        {
            // Refused, or nobody is there.
        }
    }
}
