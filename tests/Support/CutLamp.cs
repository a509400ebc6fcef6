using System.Diagnostics;
using DePin.Contracts;
using DePin.Contracts.Identity;
using DePin.Contracts.Pairing;
using DePin.Contracts.Uplink;
using DePin.Host.Mqtt;
using DePin.Host.Platform;
using DePin.Host.Simulation;
using DePin.Node;
using DePin.Node.Pairing;
using DePin.Node.Signing;
using DePin.Node.Uplink;
using DePin.Tests.Node.Fakes;
using NodeCore = DePin.Node.Node;

namespace DePin.Tests.Support;

/// <summary>Steps of a pairing on the node's side.</summary>
internal enum PairStep
{
    ChallengeArrives,
    ChallengeTaken,
    FirstPress,
    LastPress,
    Signing,
    AnswerSigned,
    AnswerSent,
    GrantArrives,
    GrantTaken,
}

/// <summary>
/// The real core on a real MQTT connection, with somebody at its button who presses as the light says, whose power or link goes at one step of a
/// pairing, once. In real time.
/// </summary>
internal sealed class CutLamp : IUplink, IClock, IButton, IAsyncDisposable
{
    private readonly SimulatedFlash _flash = new();
    private readonly PlatformDigest _digest = new();
    private readonly PlatformSigner _key;
    private readonly NodeIdentity _identity;
    private readonly byte[] _secret;
    private readonly MqttLink _link;
    private readonly PairStep _step;
    private readonly bool _losesPower;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;
    private NodeCore? _core;
    private long _bootedAt;
    private PairChallenge? _challenge;
    private int _pressed;
    private int _ticks;
    private volatile bool _isCut;

    public CutLamp(RunningBackend backend, int seed, PairStep step, bool losesPower)
    {
        _secret = [.. Enumerable.Repeat((byte)seed, 32)];
        _key = PlatformSigner.FromSeed(_secret);
        _identity = new NodeIdentity(_digest, _key.PublicKey, _secret);
        _link = new MqttLink(GatewayAddress.Plain("127.0.0.1", backend.MqttPlainPort));
        _step = step;
        _losesPower = losesPower;
        _loop = Task.Run(LoopAsync);
    }

    public string Id => _identity.Id.ToString();

    public string PublicKey => Hex.Lower(_key.PublicKey);

    public string LoginPassword => _identity.LoginPassword;

    public string DownKey => Hex.Lower(_identity.DownKey);

    /// <summary>Whether the step came and power or link went.</summary>
    public bool IsCut => _isCut;

    /// <summary>Whether the node was told that it is paired.</summary>
    public bool IsGranted { get; private set; }

    public int State => _link.State;

    public int Presses { get; private set; }

    public long UptimeMilliseconds => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000) - _bootedAt;

    public long LinkMilliseconds => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000);

    public long UnixSeconds => DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    public void Connect(string nodeId, string password, string willTopic, byte[] will) => _link.Connect(nodeId, password, willTopic, will);

    public void Subscribe(string topic) => _link.Subscribe(topic);

    public bool Publish(string topic, byte[] payload, int qos)
    {
        bool isAnswer = topic.EndsWith(Topics.PairAnswer, StringComparison.Ordinal);
        if (isAnswer && At(PairStep.AnswerSigned))
        {
            return false;
        }

        bool isSent = _link.Publish(topic, payload, qos);
        if (isAnswer && isSent)
        {
            At(PairStep.AnswerSent);
        }

        return isSent;
    }

    public Downlinked? Receive()
    {
        Downlinked? message = _link.Receive();
        if (message is not null && message.Topic.EndsWith(Topics.PairChallenge, StringComparison.Ordinal)
            && PairChallenge.Decode(SealedMessage.Open(_digest, _identity.DownKey, message.Topic, message.Payload)!, out _) is { } word)
        {
            if (At(word.Kind == PairChallenge.Granted ? PairStep.GrantArrives : PairStep.ChallengeArrives))
            {
                return null;
            }

            IsGranted |= word.Kind == PairChallenge.Granted;
            if (word.Kind == PairChallenge.Challenge && (_challenge is null || !_challenge.Nonce.AsSpan().SequenceEqual(word.Nonce)))
            {
                _challenge = word;
                _pressed = 0;
            }
        }

        return message;
    }

    public void Close() => _link.Close();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        await _link.DisposeAsync();
        _key.Dispose();
        _stop.Dispose();
    }

    // Power or link goes here, once; true where it does.
    private bool At(PairStep step)
    {
        if (_isCut || step != _step)
        {
            return false;
        }

        _isCut = true;
        _link.Close();
        return _losesPower ? throw new PowerCutException() : true;
    }

    private void Tick()
    {
        _core ??= Boot();
        _core.Tick(this);
        if (_core.Presence.IsSigning)
        {
            At(PairStep.Signing);
        }

        if (IsGranted)
        {
            At(PairStep.GrantTaken);
        }

        // Somebody sees the light and presses once in a while, as often as the page says.
        if (_core.Presence.Light == PresenceLight.Challenge && _challenge is not null && ++_ticks % 8 == 0)
        {
            At(PairStep.ChallengeTaken);
            if (_pressed < _challenge.Presses)
            {
                Presses++;
                _pressed++;
                At(_pressed == 1 ? PairStep.FirstPress : _pressed == _challenge.Presses ? PairStep.LastPress : PairStep.ChallengeTaken);
            }
        }
    }

    private NodeCore Boot()
    {
        _bootedAt = LinkMilliseconds;
        Presses = 0;
        _challenge = null;
        var signer = new ManagedSigner(_digest, _key.PrivateKey(), _key.PublicKey);
        return new NodeCore(_identity, 1, new byte[8], new FakeSensors(new FakeClock()), signer, _digest, _flash, this, new SystemEntropy(), button: this);
    }

    private async Task LoopAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(25));
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Tick();
            }
            catch (PowerCutException)
            {
                _core = null;
            }

            await timer.WaitForNextTickAsync(_stop.Token).AsTask().ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }
}
