using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using DePin.Contracts;
using DePin.Contracts.Cbor;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Contracts.Updates;
using DePin.Contracts.Uplink;

namespace DePin.Tools.Bench;

/// <summary>
/// A node that does nothing but take updates, made for load: it believes every offer, asks for all blocks in their order, and reports; it may
/// leave and come again. Simulated: it checks no seal, no signature and no hash, and runs nothing; what it sends and gets is what a real node would.
/// </summary>
internal sealed class LightNode(Lamp lamp) : IDisposable
{
    private const int AskAgainMs = 10_000;

    private readonly Lock _gate = new();
    private LampLink? _link;
    private byte[] _session = [];
    private byte[] _release = [];
    private byte[] _firmware = new byte[Batch.FirmwareSize];
    private long _counter;
    private long _heard;
    private long _attempt;
    private int _blocks;
    private int _blocksHeld;

    /// <summary>Whose connection it is.</summary>
    public Lamp Lamp => lamp;

    /// <summary>Attempts that ended with a confirmation which the backend heard.</summary>
    public int Confirmed { get; private set; }

    /// <summary>When the last offer came, real milliseconds; 0 before the first.</summary>
    public long OfferedAtMs { get; private set; }

    /// <summary>How often it was told to come later.</summary>
    public int Busy { get; private set; }

    /// <summary>Milliseconds at which it has to ask again; 0 where it waits for nothing.</summary>
    public long AsksAgainAtMs { get; private set; }

    /// <summary>Whether it has a connection.</summary>
    public bool IsHere => _link is not null;

    /// <summary>Whether it may leave: nothing is under way, and all it said was heard.</summary>
    public bool IsIdle => AsksAgainAtMs == 0 && Volatile.Read(ref _heard) == Volatile.Read(ref _counter);

    /// <summary>Why its connection was lost; null where it was not.</summary>
    public string? Lost { get; private set; }

    /// <summary>Comes: connects, logs in, subscribes, and says how it is.</summary>
    /// <exception cref="SocketException">The gateway is not there.</exception>
    /// <exception cref="IOException">It refused the login or closed.</exception>
    /// <exception cref="TimeoutException">It did not answer.</exception>
    public async Task OpenAsync(EndPoint gateway, CancellationToken cancellationToken)
    {
        _session = RandomNumberGenerator.GetBytes(Session.Size);
        var link = new LampLink(lamp, [Topics.Update], (_, message) => Take(message));
        _link = link;
        await link.OpenAsync(gateway, cancellationToken);
        Status status = Status.Create(_session, _firmware);
        status.Sequence = 1;
        link.Publish(Topics.Status, status.Encode());
    }

    /// <summary>Leaves in good order.</summary>
    public void Leave()
    {
        NoteLoss();
        _link?.Leave();
        _link = null;
    }

    /// <summary>Says that it lives.</summary>
    public void Ping()
    {
        NoteLoss();
        _link?.Ping();
    }

    /// <summary>Asks for what has not come in time.</summary>
    public void AskAgain()
    {
        lock (_gate)
        {
            if (AsksAgainAtMs != 0)
            {
                Ask();
            }
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        NoteLoss();
        _link?.Dispose();
        _link = null;
        lamp.Dispose();
    }

    private void NoteLoss() => Lost ??= _link?.Closed;

    private void Take(ReadOnlySpan<byte> message)
    {
        byte[] bytes = message.ToArray();
        lock (_gate)
        {
            if (UpdateBlock.IsBlock(bytes))
            {
                TakeBlock(bytes);
                return;
            }

            // [payload, mac]: the seal is not checked.
            var reader = new CborReader(bytes, 0, bytes.Length);
            reader.ReadArray(2, 2);
            byte[] payload = reader.ReadBytes(1, SealedMessage.MaxBytes);
            if (reader.Error == DecodeError.None && UpdateNotice.Decode(payload, out _) is { } notice)
            {
                Take(notice);
            }
        }
    }

    private void Take(UpdateNotice notice)
    {
        if (notice.Kind == UpdateNotice.Offer && SignedRelease.Decode(notice.Signed, out _) is { } release && _attempt != notice.Attempt)
        {
            _attempt = notice.Attempt;
            _release = SHA256.HashData(release.Envelope.CopyPayload());
            _blocks = release.Manifest.Blocks;
            _blocksHeld = 0;
            _firmware = release.Manifest.BundleSha256[..Batch.FirmwareSize];
            OfferedAtMs = Environment.TickCount64;
            Report(UpdateState.Accepted);
            Ask();
        }
        else if (notice.Kind == UpdateNotice.Busy)
        {
            Busy++;
            AsksAgainAtMs = Environment.TickCount64 + (notice.Seconds * 1000L);
        }
        else if (notice.Kind == UpdateNotice.Heard)
        {
            bool isNew = _heard < notice.ReportCounter;
            Volatile.Write(ref _heard, Math.Max(_heard, notice.ReportCounter));
            Confirmed += isNew && _heard == _counter && _blocksHeld == _blocks ? 1 : 0;
        }
    }

    private void TakeBlock(byte[] message)
    {
        if (AsksAgainAtMs == 0 || UpdateBlock.Decode(message, out _) is not { } block || block.Index != _blocksHeld)
        {
            return;
        }

        _blocksHeld++;
        if (_blocksHeld == _blocks)
        {
            AsksAgainAtMs = 0;
            Report(UpdateState.Confirmed);
        }
        else if (_blocksHeld % UpdateLimits.BlocksPerRequest == 0)
        {
            Ask();
        }
    }

    private void Ask()
    {
        AsksAgainAtMs = Environment.TickCount64 + AskAgainMs;
        _link?.Publish(Topics.UpdateReport, new BlockRequest(_session, SignedRelease.Id(_release), _blocksHeld, Math.Min(UpdateLimits.BlocksPerRequest, _blocks - _blocksHeld)).Encode());
    }

    private void Report(UpdateState state)
    {
        UpdateReport report = UpdateReport.Create(lamp.Id, _session, _release, _firmware);
        report.Attempt = _attempt;
        report.Counter = Interlocked.Increment(ref _counter);
        report.State = state;
        report.BlocksHeld = _blocksHeld;
        report.Sequence = 1;
        byte[] payload = report.Encode();
        byte[] signature = lamp.Key.SignData(SignedMessage.ToBeSigned(UpdateReport.Context, payload, 0, payload.Length), HashAlgorithmName.SHA256);
        SignatureForm.MakeLow(signature);
        _link?.Publish(Topics.UpdateReport, SignedMessage.Encode(lamp.Id, payload, signature));
    }
}
