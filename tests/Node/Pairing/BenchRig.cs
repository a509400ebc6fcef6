using System.Security.Cryptography;
using DePin.Contracts.Flashing;
using DePin.Contracts.Identity;
using DePin.Fleet.Nodes;
using DePin.Host.Platform;
using DePin.Host.Simulation;
using DePin.Node.Metering;
using DePin.Node.Outbox;
using DePin.Node.Pairing;
using DePin.Tests.Node.Fakes;

namespace DePin.Tests.Node.Pairing;

/// <summary>The node's side of the bench on a wire that the test holds.</summary>
internal sealed class BenchRig : ISerialPort, IBoard
{
    private readonly Queue<byte> _toBoard = new();
    private readonly FlashLineReader _lines = new();
    private readonly List<FlashAnswer> _answers = [];
    private readonly IFlash _flash;
    private readonly int _seed;
    private Bench _bench;
    private long _nextId = 1;
    private int _starts;

    public BenchRig(IFlash flash, int seed = 1)
    {
        _flash = flash;
        _seed = seed;
        Chips.Add(0x40, 100_000);
        Chips.Add(0x41, 100_000);
        _bench = Boot();
    }

    public SimulatedChips Chips { get; } = new();

    public FakeClock Clock { get; } = new();

    public NodeLog Log { get; } = new();

    public byte[] Entropy { get; } = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    public long Time { get; private set; }

    public int Restarts { get; private set; }

    public string Chip => "test";

    public string Serial => "0123456789ab";

    public bool IsSimulated => true;

    public long Profile => 1;

    public byte[] Firmware => new byte[8];

    public BoardNetwork Network() => new();

    public void SwitchOutput(bool isOn) => Chips.Set(0x41, isOn ? 2_000 : 3, 3_300);

    public void SetTime(long unixSeconds) => Time = unixSeconds;

    public void Restart()
    {
        Restarts++;
        _bench = Boot();
    }

    public int Read() => _toBoard.TryDequeue(out byte next) ? next : -1;

    public void Write(byte[] bytes)
    {
        foreach (byte next in bytes)
        {
            if (_lines.Take(next) is { } message)
            {
                _answers.Add(FlashAnswer.Decode(message, out _)!);
            }
        }
    }

    public FlashAnswer Ask(int type, Action<FlashRequest>? fill = null)
    {
        FlashRequest request = Send(type, fill);
        for (int i = 0; i < 5_000 && !_answers.Exists(answer => answer.Id == request.Id); i++)
        {
            Step();
        }

        return _answers.Single(answer => answer.Id == request.Id);
    }

    public FlashRequest Send(int type, Action<FlashRequest>? fill = null)
    {
        var request = new FlashRequest(type, _nextId++);
        fill?.Invoke(request);
        SendRaw(FlashLine.Encode(request.Encode()));
        return request;
    }

    public void SendRaw(byte[] bytes)
    {
        foreach (byte next in bytes)
        {
            _toBoard.Enqueue(next);
        }
    }

    public void Step()
    {
        Clock.UptimeMilliseconds += 10;
        Clock.LinkMilliseconds += 10;
        _bench.Step(Clock);
    }

    public IReadOnlyList<FlashAnswer> Answers => _answers;

    public FlashAnswer Provision(byte[]? succeeds = null, byte[]? settings = null) => Ask(FlashRequest.Provision, request =>
    {
        request.Entropy = Entropy;
        request.UnixSeconds = 1_790_000_000;
        request.Settings = settings ?? Settings().Encode();
        request.Node = succeeds ?? [];
    });

    /// <summary>The id of the identity that a proof shows; the proof itself is checked with the platform.</summary>
    public NodeId Proven(FlashAnswer answer)
    {
        byte[]? key = answer.Identity!.PublicKey(Entropy, out _);
        Assert.NotNull(key);
        using var platform = ECDsa.Create(CompressedPoint.Decompress(key)!.Value);
        var message = DePin.Contracts.Signing.SignedMessage.Decode(answer.Identity.Proof, BoardIdentity.ProofBytes, out _)!;
        byte[] signed = DePin.Contracts.Signing.SignedMessage.ToBeSigned(DePin.Contracts.Signing.SignedMessage.FlashContext, message.Message, message.PayloadOffset, message.PayloadLength);
        Assert.True(platform.VerifyData(signed, message.CopySignature(), HashAlgorithmName.SHA256), "the proof is signed with the key in it");
        NodeId id = NodeId.FromKeyHash(SHA256.HashData(key));
        Assert.Equal(id, message.Node);
        return id;
    }

    public static NodeSettings Settings() => new()
    {
        NetworkNames = ["workshop"u8.ToArray()],
        NetworkKeys = ["secret"u8.ToArray()],
        Host = "fleet.example",
        Port = 8883,
        Anchors = [[1, 2, 3]],
        Profile = 1,
    };

    private Bench Boot()
    {
        var digest = new DeviceDigest();
        var selfTest = new SelfTest(this, Chips, new MeterChannel(0x40, 100_000, 1_050_000), new MeterChannel(0x41, 100_000, 1_050_000), null);
        return new Bench(this, this, digest, _flash, new SeededBytes(_seed + 100 * _starts++), selfTest, Log);
    }
}
