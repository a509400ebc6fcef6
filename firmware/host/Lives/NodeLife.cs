using System.Diagnostics;
using System.Security.Cryptography;
using DePin.Contracts;
using DePin.Contracts.Identity;
using DePin.Contracts.Metering;
using DePin.Host.Platform;
using DePin.Host.Simulation;
using DePin.Node;
using DePin.Node.Metering;
using DePin.Node.Signing;
using NodeCore = DePin.Node.Node;

namespace DePin.Host.Lives;

/// <summary>
/// The life of one node in simulated time, second by second: the real core with its real driver and signer, simulated chips,
/// flash, sky and backend, and whatever happens to such a node outside. One seed gives one life, byte for byte.
/// </summary>
public sealed class NodeLife : IClock
{
    private const int TicksOfASignature = 64;
    private readonly LifeOptions _options;
    private readonly LifeEvents _events;
    private readonly SimulatedDevice _device;
    private readonly SimulatedFlash _flash = new();
    private readonly SimulatedBackend _backend;
    private readonly PowerSensors _sensors;
    private readonly ManagedSigner _signer;
    private readonly DeviceDigest _digest = new();
    private readonly NodeIdentity _identity;
    private readonly TrueEnergy _energy = new();
    private readonly LifeCounts _counts = new();
    private readonly List<HeardMessage> _messages = [];
    private readonly IncrementalHash _all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<long> _liveBytes = [];
    private readonly byte[] _secret;
    private NodeCore _core;
    private long _second;
    private long _uptimeSeconds;
    private int _frozenSeconds;
    private int _blindSeconds;

    private NodeLife(LifeOptions options)
    {
        _options = options;
        _events = new LifeEvents(options.Seed);
        Profile profile = Profile.Named(options.Profile);
        _device = new SimulatedDevice(profile, options.Seed, new SeededClouds(options.Seed), options.Latitude, options.Longitude);
        _sensors = new PowerSensors(_device.Chips, profile.PanelMeter, profile.LoadMeter, profile.GridMeter, _device);
        using PlatformSigner key = PlatformSigner.FromSeed(BitConverter.GetBytes(options.Seed));
        _signer = new ManagedSigner(_digest, key.PrivateKey(), key.PublicKey);
        _secret = SHA256.HashData(BitConverter.GetBytes(~options.Seed));
        _identity = new NodeIdentity(_digest, key.PublicKey, _secret);
        _backend = new SimulatedBackend(_identity, Limits.SlotSeconds, Limits.BatchReadings)
        {
            Heard = Hear,
            Connecting = Freeze,
        };
        _device.Boot(UnixSecondsNow);
        _energy.Boot(_device);
        _core = Boot();
    }

    /// <inheritdoc />
    public long UptimeMilliseconds => _uptimeSeconds * 1000;

    /// <inheritdoc />
    public long LinkMilliseconds => UptimeMilliseconds;

    /// <inheritdoc />
    public long UnixSeconds => _events.NetworkTime(_second, UnixSecondsNow);

    private long UnixSecondsNow => _options.StartUnixSeconds + _second;

    /// <summary>Lives it.</summary>
    /// <param name="options">Whose life, and how long.</param>
    /// <param name="progress">Called with the day that begins.</param>
    /// <param name="cancellationToken">Ends it early, by an exception.</param>
    public static LivedLife Run(LifeOptions options, Action<int>? progress, CancellationToken cancellationToken)
    {
        long began = Stopwatch.GetTimestamp();
        var life = new NodeLife(options);
        for (int day = 0; day < options.Days; day++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            progress?.Invoke(day);
            for (int second = 0; second < 86_400; second++)
            {
                life.PassSecond();
            }

            life._liveBytes.Add(LiveBytes.Of(life._core));
        }

        return life.Finish(Stopwatch.GetElapsedTime(began));
    }

    private void PassSecond()
    {
        _second++;
        _uptimeSeconds++;
        int cut = _events.PowerCutSeconds(_second);
        if (cut > 0)
        {
            _counts.PowerCuts++;
            Restart(cut);
            return;
        }

        if (_events.IsRestarted(_second))
        {
            _counts.Restarts++;
            long sequence = _core.Sequence;
            _core.Stop(this);
            NoteClosed(sequence);
            Restart(offSeconds: 3);
            return;
        }

        _device.Chips.IsSilent = _events.IsBusSilent(_second);
        _device.Advance(UnixSecondsNow);
        bool isFrozen = _frozenSeconds > 0;
        _frozenSeconds -= isFrozen ? 1 : 0;
        _energy.Take(_device, isMeasured: !_device.Chips.IsSilent && _blindSeconds == 0);
        _blindSeconds -= _blindSeconds > 0 ? 1 : 0;
        if (!isFrozen)
        {
            Tick();
        }
    }

    private void Tick()
    {
        bool isReachable = _events.IsReachable(_second);
        if (_backend.IsReachable && !isReachable)
        {
            _counts.Outages++;
            _backend.Close();
        }

        _backend.IsReachable = isReachable;
        _backend.UnixSeconds = UnixSecondsNow;
        long sequence = _core.Sequence;
        _core.Tick(this);
        NoteClosed(sequence);
        for (int i = 0; i < TicksOfASignature && _core.IsSigning; i++)
        {
            _core.Tick(this);
        }
    }

    // A handshake holds up all managed code; the meter bridges a short one and is blind through a long one.
    private void Freeze()
    {
        if (!_backend.IsReachable)
        {
            return;
        }

        _frozenSeconds = _events.HandshakeSeconds(_second);
        _blindSeconds = (_frozenSeconds + 1) * 1000 > Limits.BridgedMilliseconds ? _frozenSeconds + 1 : 0;
    }

    private void NoteClosed(long sequence)
    {
        if (_core.Sequence != sequence)
        {
            _energy.Close();
        }
    }

    private void Restart(int offSeconds)
    {
        _counts.Add(_core.Counts);
        _backend.Close();
        _second += offSeconds;
        _uptimeSeconds = 0;
        _frozenSeconds = 0;
        _blindSeconds = 0;
        _device.Chips.IsSilent = false;
        _device.Boot(UnixSecondsNow);
        _energy.Boot(_device);
        _core = Boot();
    }

    private NodeCore Boot() => new(
        _identity, Profile.Named(_options.Profile).Number, _secret[..8], _sensors, _signer, _digest, _flash, _backend, new SeededEntropy(_options.Seed + _second));

    private void Hear(string part, byte[] session, byte[] message)
    {
        _all.AppendData(message);
        _messages.Add(new HeardMessage(part, session, message));
        _counts.Batches += part == Topics.Batch ? 1 : 0;
        _counts.Gaps += part == Topics.Gap ? 1 : 0;
    }

    private LivedLife Finish(TimeSpan elapsed)
    {
        _counts.Add(_core.Counts);
        long boots = _core.Boot;
        int waiting = _core.OutboxBatches;
        Counters counters = _core.Counters;
        long readings = _core.Sequence - 1;
        var result = new LifeResult
        {
            Seed = _options.Seed,
            Days = _options.Days,
            Profile = _options.Profile,
            Counts = _counts,
            Boots = boots,
            Readings = readings,
            BatchesWaiting = waiting,
            HarvestedMilliwattHours = counters.HarvestedMilliwattHours,
            DeliveredMilliwattHours = counters.DeliveredMilliwattHours,
            ImportedMilliwattHours = counters.ImportedMilliwattHours,
            HarvestedErrorPartsPerMillion = PartsPerMillion(counters.HarvestedMilliwattHours, _energy.HarvestedMilliwattHours),
            DeliveredErrorPartsPerMillion = PartsPerMillion(counters.DeliveredMilliwattHours, _energy.DeliveredMilliwattHours),
            LostAtCutsMilliwattHours = Math.Round(_energy.LostMilliwattHours, 1),
            UnmeasuredMilliwattHours = Math.Round(_energy.UnmeasuredMilliwattHours, 1),
            FlashWrites = _flash.Writes,
            FlashBytes = _flash.WrittenBytes,
            FlashDeletions = _flash.Deletions,
            LiveBytesFirst = _liveBytes[0],
            LiveBytesLargest = _liveBytes.Max(),
            Breaches = [.. _backend.Failures],
            Sha256 = Hex.Lower(_all.GetHashAndReset()),
            Seconds = Math.Round(elapsed.TotalSeconds, 1),
        };
        return new LivedLife(result, Registration(), _messages, UnixSecondsNow);
    }

    private Registration Registration() => new(
        _identity.Id.ToString(),
        Hex.Lower(_signer.PublicKey),
        _identity.LoginPassword,
        Hex.Lower(_identity.DownKey),
        _options.Profile,
        "Simulated life",
        _options.Latitude,
        _options.Longitude);

    private static double PartsPerMillion(long counted, double real) => real == 0 ? 0 : Math.Round((counted - real) / real * 1e6, 1);
}
