using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using DePin.Fleet.Gateway;
using DePin.Tests.Support;

namespace DePin.Tests.Gateway;

/// <summary>Listens to the counter of closed connections of one backend, as an operator's monitoring would.</summary>
internal sealed class ClosedReasons : IDisposable
{
    private readonly ConcurrentQueue<string> _reasons = new();
    private readonly MeterListener _listener = new();

    public ClosedReasons(RunningBackend backend)
    {
        IMeterFactory own = backend.Part<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "gateway.connections.closed" && instrument.Meter.Name == "DePin.Fleet" && instrument.Meter.Scope == own)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, _, tags, _) => _reasons.Enqueue((string)tags[0].Value!));
        _listener.Start();
    }

    /// <summary>Waits until the counter counted this reason.</summary>
    public Task ContainAsync(CloseReason reason) =>
        Eventually.HoldsAsync(() => _reasons.Contains(reason.ToString()), $"{reason} is counted; counted is {string.Join(", ", _reasons)}");

    public void Dispose() => _listener.Dispose();
}
